// The tokenizer of CLIP, from its list of merges alone: letters are lowered, the text is split at word boundaries, and
// the bytes of each word are merged, the pair that stands first in the list first. The last byte of a word carries </w>.

const SPECIAL = ["<|startoftext|>", "<|endoftext|>"];
const PIECES = /'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\t-\r\u0085\p{Z}\p{L}\p{N}]+/gu;
const SPACES = /[\t-\r\u0085\p{Z}]+/gu;
const END = "</w>";

// Each byte as a letter that can be seen: those of print stand for themselves, the others come after U+0100.
const bytes = () => {
  const seen = [];
  for (const [from, to] of [[33, 126], [161, 172], [174, 255]]) for (let code = from; code <= to; code++) seen.push(code);
  const letters = new Map(seen.map((code) => [code, String.fromCharCode(code)]));
  for (let code = 0, more = 0; code < 256; code++) if (!letters.has(code)) letters.set(code, String.fromCharCode(256 + more++));
  return letters;
};

const lower = (text) => [...text.normalize("NFC").replace(SPACES, " ")].map((letter) => letter.toLowerCase()).join("");

// The words and signs of a text, as the tokenizer sees them; start and end, written out, are special.
export const pieces = (text) => text.split(/(<\|startoftext\|>|<\|endoftext\|>)/).flatMap((part) => (SPECIAL.includes(part) ? [part] : (lower(part).match(PIECES) ?? [])));

// Merge the letters of a word until no pair of neighbours is in the list; `steps` sees the parts after each merge.
export const merge = (letters, ranks, steps = () => {}) => {
  let parts = [...letters.slice(0, -1), letters.at(-1) + END];
  for (;;) {
    steps(parts);
    let best = Infinity, pair = "";
    for (let i = 0; i + 1 < parts.length; i++) {
      const rank = ranks.get(`${parts[i]} ${parts[i + 1]}`) ?? Infinity;
      if (rank < best) { best = rank; pair = `${parts[i]} ${parts[i + 1]}`; }
    }
    if (best === Infinity) return parts;
    const [left, right] = pair.split(" "), merged = [];
    for (let i = 0; i < parts.length; i++) {
      if (parts[i] === left && parts[i + 1] === right) { merged.push(left + right); i++; } else merged.push(parts[i]);
    }
    parts = merged;
  }
};

export const tokenizer = (mergesText) => {
  const lines = mergesText.split("\n").filter((line) => line.trim() && !line.startsWith("#version"));
  const ranks = new Map(lines.map((line, i) => [line.trim(), i]));
  const letters = bytes(), plain = [...letters.values()].sort((a, b) => a.charCodeAt(0) - b.charCodeAt(0));
  const order = [...letters.values()].filter((letter) => letter.charCodeAt(0) < 256), rest = plain.filter((letter) => letter.charCodeAt(0) >= 256);
  const single = [...order.sort((a, b) => a.charCodeAt(0) - b.charCodeAt(0)), ...rest];
  const entries = [...single, ...single.map((letter) => letter + END), ...lines.map((line) => line.trim().replace(" ", "")), ...SPECIAL];
  const numbers = new Map(entries.map((entry, i) => [entry, i]));
  const encoder = new TextEncoder();
  const parts = (piece, steps) => merge([...encoder.encode(piece)].map((code) => letters.get(code)), ranks, steps);
  const word = (piece) => (SPECIAL.includes(piece) ? [piece] : parts(piece)).map((part) => numbers.get(part));
  const [start, end] = SPECIAL.map((name) => numbers.get(name));
  return {
    entries, numbers, start, end, pieces, parts, word,
    // The ids of a text between start and end, without padding.
    ids: (text) => [start, ...pieces(text).flatMap(word), end],
  };
};
