// Whether the miniature was trained on what a prompt asks for, by the rules of models/miniature/data/language.py.

// What a prompt asks for, as the groups of the sentence; null if no training image could have had that caption.
export const read = (prompt, rules) => {
  const words = prompt.toLowerCase().replaceAll(",", " , ").replace(/^[ .\n]+|[ .\n]+$/g, "").split(/\s+/).filter(Boolean);
  const text = words.map((word) => rules.plain[word] ?? word).filter((word) => !["a", "an", "the"].includes(word)).join(" ")
    .replace(new RegExp(rules.side, "g"), "$1 of").replace(new RegExp(rules.two, "g"), "two")
    .replace(new RegExp(rules.first_place), "$2 $1").replace(new RegExp(rules.first_relation), "$3 $1 $2");
  const found = new RegExp(`^(?:${rules.sentence})$`).exec(text)?.groups;
  if (!found) return null;
  const { count, size, pattern, colour, form, fur, animal, hat, relation, other_colour, other } = found;
  if (form && Boolean(count) !== Object.values(rules.shapes).includes(form)) return null; // one has no plural, several have
  if ((relation && (count || size || pattern || animal)) || (pattern && size === "small")) return null;
  if (relation === "on" && !rules.bases.includes(other)) return null;
  if ((relation && other_colour === colour) || (hat && hat === fur)) return null; // they always differ
  return found;
};

const single = (form, { shapes }) => Object.keys(shapes).find((shape) => shape === form || shapes[shape] === form);
const or = (names) => `${names.slice(0, -1).join(", ")} or ${names[names.length - 1]}`;

// A sentence for the reader where the prompt asks for something that no training image showed, else "".
export const outside = (prompt, rules) => {
  if (!prompt.trim()) return "";
  const found = read(prompt, rules);
  if (!found) {
    return `No training image had such a description, so this one may show something else. A shape was ${or(rules.colours)}, an animal ${or(rules.furs)}; an image showed one animal, with or without a hat, equal shapes, or two that differ in colour.`;
  }
  const pairs = [[found.colour, found.form], [found.other_colour, found.other]].map(([colour, form]) => [colour, single(form, rules)]);
  const unseen = pairs.filter(([colour, shape]) => rules.held_out.some(([c, s]) => c === colour && s === shape));
  return unseen.map((pair) => `No training image showed the pair “${pair.join(" ")}”: it was held out, to see whether the model combines what it knows.`).join(" ");
};
