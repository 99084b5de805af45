// The same captions and noises, painted by the miniature or by its student in few steps; and how many such pictures are right, and clean.

import { axes, legend, tag, text } from "../shell/plot.js";
import { choice, range } from "../shell/controls.js";

const STEPS = [1, 2, 4, 8], NAMES = { teacher: "the miniature, g = 2", student: "its student" };

export const rates = ({ rates }, { network, power }) => rates[network][STEPS[power]];

export const lab = {
  title: "Few steps, teacher and student",
  alt: "Three images, of a red circle, a dog with a hat, and a star above a heart, and below them curves of the fractions of correct and of artefact-free images over one, two, four and eight steps.",
  height: 330,
  narrow: 420,
  controls: [
    range("power", "steps", { from: 0, to: 3, value: 3, show: (value) => String(STEPS[value]), play: 3 }),
    choice("network", "network", Object.entries(NAMES)),
  ],
  setup: (data) => data,
  draw(data, now, { width, height }) {
    const steps = STEPS[now.power], gap = 10, side = Math.min(140, (width - 8 - 2 * gap) / 3), left = (width - 3 * side - 2 * gap) / 2;
    const images = data.images[now.network][steps].map((source, k) => tag("image", { x: left + k * (side + gap), y: 4, width: side, height: side, href: `data:image/webp;base64,${source}` }));
    const top = side + (width < 460 ? 62 : 44), plot = axes({ left: 50, top, width: width - 75, height: height - top - 42 }, { from: 1, to: 8, name: "steps", log: true, marks: false }, { from: 0, to: 100, name: "%" });
    const curve = (network, which, kind) => plot.curve(STEPS.map((k) => [k, data.rates[network][k][which]]), kind);
    const curves = curve("teacher", 0, "c1") + curve("teacher", 1, "c1 dashed") + curve("student", 0, "c2 strong") + curve("student", 1, "c2 dashed");
    const marks = STEPS.map((k) => text(plot.px(k), plot.at.top + plot.at.height + 17, String(k), { "text-anchor": "middle" })).join("") + plot.across(steps, "mark");
    const key = legend([["c1", "teacher: correct"], ["c1 dashed", "artefact-free"], ["c2 strong", "student: correct"], ["c2 dashed", "artefact-free"]], 50, side + 22, width - 60);
    const [accuracy, artefactFree, n] = rates(data, now), calls = now.network === "teacher" ? 2 * steps : steps;
    return { svg: images.join("") + key + plot.svg + curves + marks, said: `${NAMES[now.network][0].toUpperCase()}${NAMES[now.network].slice(1)} in ${steps} step${steps > 1 ? "s" : ""}, NFE ${calls}: of ${n} images ${accuracy.toFixed(1)} % are correct and ${artefactFree.toFixed(1)} % artefact-free.` };
  },
};
