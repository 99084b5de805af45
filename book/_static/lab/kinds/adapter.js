// The scale of a low-rank change: two prompts from the same noise, one that it was trained for and one that it was not.

import { box, tag, text } from "../shell/plot.js";
import { range } from "../shell/controls.js";

const SCALES = ["0", "0.5", "1", "2", "4"]; // a test compares them with those of the pictures
const FIRST = 2;
const percent = (fraction) => `${Math.round(1000 * fraction) / 10} %`;
export const verdicts = ({ judged }, k) => judged[k];

// A prompt in lines of so many letters.
const lines = (words, longest) => words.split(" ").reduce((rows, word) => {
  const last = rows[rows.length - 1];
  return last && `${last} ${word}`.length <= longest ? [...rows.slice(0, -1), `${last} ${word}`] : [...rows, word];
}, []);

export const lab = {
  title: "How much of an adapter",
  alt: "Two images side by side at one scale: of the prompt that the adapter was trained for, and of an old one. Below each a bar, the fraction of correct images in the stored runs.",
  height: 306,
  narrow: 286,
  controls: [range("scale", "scale s", { from: 0, to: SCALES.length - 1, value: FIRST, show: (value) => SCALES[value], play: 5 })],
  setup: (data) => ({ data }),
  draw({ data }, { scale }, { width }) {
    const side = Math.min(176, (width - 36) / 2), apart = Math.min(60, width - 2 * side - 8), left = (width - 2 * side - apart) / 2;
    const svg = data.prompts.map((prompt, i) => {
      const x = left + i * (side + apart), top = 62, below = top + side + 14;
      const words = lines(`“${prompt}”`, side / 7.2).slice(0, 3).map((row, k, all) => text(x, top - 8 - 15 * (all.length - 1 - k), row, { class: "name" }));
      const image = tag("image", { x, y: top, width: side, height: side, href: `data:image/webp;base64,${data.images[scale][i]}` });
      const bar = box(x, below, side, 9, "grid", { fill: "none" }) + box(x, below, side * data.fractions[i][scale], 9, i ? "f2" : "f1");
      return words.join("") + image + bar + text(x, below + 26, `${i ? "artefact-free" : "correct"}: ${percent(data.fractions[i][scale])}`);
    });
    const [one, other] = verdicts(data, scale);
    const said = `Scale ${SCALES[scale]}: the image of the new word is ${one}, that of the old one ${other}. Of ${data.n} images of five trainings ${percent(data.fractions[0][scale])} of the new word are correct, ${percent(data.fractions[1][scale])} of old captions correct and artefact-free.`;
    return { svg: svg.join(""), said };
  },
};
