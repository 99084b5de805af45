// The same captions and noises, painted by the miniature or by its student in few steps; and how many such pictures are right, and clean.

import { axes, legend, tag, text } from "../shell/plot.js";
import { choice, range } from "../shell/controls.js";

const STEPS = [1, 2, 4, 8], NAMES = { teacher: "the miniature, g = 2", student: "its student" };

export const shares = ({ shares }, { network, power }) => shares[network][STEPS[power]];

export const lab = {
  title: "Few steps, teacher and student",
  alt: "Three pictures, of a red circle, a dog with a hat, and a star above a heart, and below them curves of the share of pictures that are right and that are clean over one, two, four and eight steps.",
  height: 330,
  narrow: 420,
  controls: [
    range("power", "steps", { from: 0, to: 3, value: 3, show: (value) => String(STEPS[value]), play: 3 }),
    choice("network", "network", Object.entries(NAMES)),
  ],
  setup: (data) => data,
  draw(data, now, { width, height }) {
    const steps = STEPS[now.power], gap = 10, side = Math.min(140, (width - 8 - 2 * gap) / 3), left = (width - 3 * side - 2 * gap) / 2;
    const images = data.pictures[now.network][steps].map((source, k) => tag("image", { x: left + k * (side + gap), y: 4, width: side, height: side, href: `data:image/webp;base64,${source}` }));
    const top = side + (width < 460 ? 62 : 44), plot = axes({ left: 50, top, width: width - 75, height: height - top - 42 }, { from: 1, to: 8, name: "steps", log: true, marks: false }, { from: 0, to: 100, name: "%" });
    const curve = (network, which, kind) => plot.curve(STEPS.map((k) => [k, data.shares[network][k][which]]), kind);
    const curves = curve("teacher", 0, "c1") + curve("teacher", 1, "c1 dashed") + curve("student", 0, "c2 strong") + curve("student", 1, "c2 dashed");
    const marks = STEPS.map((k) => text(plot.px(k), plot.at.top + plot.at.height + 17, String(k), { "text-anchor": "middle" })).join("") + plot.across(steps, "mark");
    const key = legend([["c1", "teacher: right"], ["c1 dashed", "clean"], ["c2 strong", "student: right"], ["c2 dashed", "clean"]], 50, side + 22, width - 60);
    const [right, clean, n] = shares(data, now), calls = now.network === "teacher" ? 2 * steps : steps;
    return { svg: images.join("") + key + plot.svg + curves + marks, said: `${NAMES[now.network][0].toUpperCase()}${NAMES[now.network].slice(1)} in ${steps} step${steps > 1 ? "s" : ""}, ${calls} call${calls > 1 ? "s" : ""} of the U-Net: of ${n} pictures ${right.toFixed(1)} % are right and ${clean.toFixed(1)} % clean.` };
  },
};
