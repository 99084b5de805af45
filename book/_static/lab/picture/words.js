// Which words of a prompt the miniature never saw, known before anything is loaded; and what to write in their place.

import { pieces } from "../maths/tokenizer.js";

const SIGNS = /^\p{P}+$/u;
const special = /^<\|(start|end)oftext\|>$/;

// The words of `prompt` that are not in `known`, each once. Punctuation is no word.
export const unknown = (prompt, known) => [...new Set(pieces(prompt).filter((word) => !known.includes(word) && !SIGNS.test(word) && !special.test(word)))];

const distance = (a, b) => {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length];
};

// The known word that is nearest to `word`, if they share more than half of the shorter one's letters.
export const nearest = (word, known) => {
  const tried = known.map((each) => [distance(word.slice(0, 30), each), each]).filter(([apart, each]) => 2 * apart < Math.min(word.length, each.length)).sort(([a], [b]) => a - b);
  return tried[0] && tried[0][0] <= Math.max(1, word.length / 3) ? tried[0][1] : null;
};

// The kinds of words, for a reader who looks for one.
const KINDS = [
  ["colours", "red orange yellow green blue purple pink brown black white gray grey crimson scarlet violet"],
  ["shapes", "circle square triangle star heart cross ring diamond disc disk"],
  ["animals and hats", "dog cat rabbit bear puppy kitten bunny hat cap wearing"],
  ["how many, how large", "a an the two three four pair small large little tiny big huge"],
  ["patterns", "striped dotted spotted shiny glossy"],
  ["where", "above below over under beneath left right to of on in with and ,"],
  ["grounds", "sand sky grass stone rock meadow field beach shore"],
];
export const groups = (known) => {
  const listed = KINDS.map(([name, words]) => [name, words.split(" ").filter((word) => known.includes(word))]);
  const placed = listed.flatMap(([, words]) => words), rest = known.filter((word) => !placed.includes(word));
  const several = rest.filter((word) => placed.some((one) => word === `${one}s` || word === `${one}es`));
  return [...listed, ["several of them", several], ["others", rest.filter((word) => !several.includes(word))]].filter(([, words]) => words.length);
};
