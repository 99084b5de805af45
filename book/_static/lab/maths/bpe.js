// CLIP's tokenizer: how a text is cleaned and cut into words, and how the bytes of a word are merged, pair by pair.

export const START = 49406;
export const END = 49407;
export const WRITTEN = new Map([[START, "<|startoftext|>"], [END, "<|endoftext|>"]]);
const BLANK = "[\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const SPECIAL = /(<\|startoftext\|>|<\|endoftext\|>)/;
const WORD = new RegExp(`<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|\\p{L}+|\\p{N}|(?:(?!${BLANK})[^\\p{L}\\p{N}])+`, "gu");
const PIECE = /'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}+|[^\p{L}\p{N}]+/gu; // the written forms of start and end fall apart

// The sign that stands for each byte in the list of merges, in the order of the vocabulary: printable ones first.
const between = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const printable = [...between(33, 126), ...between(161, 172), ...between(174, 255)];
const order = [...printable, ...between(0, 255).filter((byte) => !printable.includes(byte))];
const signs = new Map(order.map((byte, i) => [byte, String.fromCodePoint(i < printable.length ? byte : 256 + i - printable.length)]));
const bytes = new Map(order.map((byte) => [signs.get(byte), byte]));

// A list of merges, "a b" with its rank, as two tables: the rank of a pair, and the number of each piece.
export const vocabulary = (merges) => {
  const numbers = new Map();
  order.forEach((byte, i) => { numbers.set(signs.get(byte), i); numbers.set(`${signs.get(byte)}</w>`, 256 + i); });
  for (const [pair, rank] of merges) numbers.set(pair.replace(" ", ""), 512 + rank);
  return { ranks: new Map(merges), numbers };
};

// The words of a text: composed, in small letters one by one, and cut where the published tokenizer cuts. START and END
// stand for their written forms.
export const wordsOf = (text) => text.split(SPECIAL).flatMap((part) => {
  for (const [number, written] of WRITTEN) if (part === written) return [number];
  const small = [...part.normalize("NFC")].map((sign) => sign.toLowerCase()).join("");
  return (small.match(WORD) ?? []).flatMap((word) => word.match(PIECE));
});

// The pieces of a word before the first merge and after each, as lists; the earliest merge of the list goes first.
export const mergesOf = (word, { ranks }) => {
  let pieces = Array.from(new TextEncoder().encode(word), (byte) => signs.get(byte));
  pieces[pieces.length - 1] += "</w>";
  const states = [pieces];
  for (;;) {
    let best = null, least = Infinity;
    for (let i = 0; i + 1 < pieces.length; i++) {
      const pair = `${pieces[i]} ${pieces[i + 1]}`, rank = ranks.get(pair);
      if (rank < least) { least = rank; best = pair; }
    }
    if (best === null) return states;
    const merged = [];
    for (let i = 0; i < pieces.length; i++) {
      if (i + 1 < pieces.length && `${pieces[i]} ${pieces[i + 1]}` === best) { merged.push(pieces[i] + pieces[i + 1]); i += 1; }
      else merged.push(pieces[i]);
    }
    pieces = merged;
    states.push(pieces);
  }
};

// The numbers of a word of wordsOf, which may be START or END.
export const numbersOf = (word, table) => (typeof word === "number" ? [word] : mergesOf(word, table).pop().map((piece) => table.numbers.get(piece)));

export const idsOf = (text, table) => [START, ...wordsOf(text).flatMap((word) => numbersOf(word, table)), END];

// A piece as one reads it: its letters, or its bytes in hexadecimal where they are no whole letter.
export const shown = (piece) => {
  const end = piece.endsWith("</w>"), own = Uint8Array.from([...(end ? piece.slice(0, -4) : piece)].map((sign) => bytes.get(sign)));
  let letters = "";
  try { letters = new TextDecoder("utf-8", { fatal: true }).decode(own); } catch { letters = Array.from(own, (byte) => byte.toString(16).padStart(2, "0")).join(" "); }
  return letters + (end ? "</w>" : "");
};
