// The tokenizer as the networks need it: from the text of CLIP's list of merges, by the rules of bpe.js.

import { END, idsOf, numbersOf, vocabulary, wordsOf, WRITTEN } from "./bpe.js";

const special = new Map(Array.from(WRITTEN, ([number, written]) => [written, number]));

// The words and signs of a text, as the tokenizer sees them; start and end, written out, are special.
export const pieces = (text) => wordsOf(text).map((word) => WRITTEN.get(word) ?? word);

export const tokenizer = (mergesText) => {
  const lines = mergesText.split("\n").filter((line) => line.trim() && !line.startsWith("#version"));
  const table = vocabulary(lines.map((line, rank) => [line.trim(), rank]));
  return {
    pieces, end: END,
    entries: [...table.numbers.keys(), ...special.keys()],
    word: (piece) => numbersOf(special.get(piece) ?? piece, table),
    ids: (text) => idsOf(text, table), // between start and end, without padding
  };
};
