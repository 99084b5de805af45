// The HTML of the laboratory `picture`, which stands without a script: a picture that Python made when the book was built.

import { escaped } from "../shell/plot.js";
import { check, choice, html, range, words } from "../shell/controls.js";

const SAMPLERS = { ddpm: "DDPM", ddim: "DDIM", euler: "Euler", heun: "Heun, two calls a step", lms: "LMS", "dpm++": "DPM-Solver++" };

export const controls = ({ prompt, g, seed, steps, sampler }) => [
  words("prompt", "prompt", { value: prompt, longest: 200 }),
  range("g", "guidance g", { from: 0, to: 10, step: 0.5, value: g }),
  range("seed", "seed", { from: 0, to: 999, value: seed }),
  range("steps", "steps", { from: 1, to: 100, value: steps }),
  choice("sampler", "sampler", Object.entries(SAMPLERS), sampler.replace(/-karras$/, "")),
  check("karras", "levels of Karras", sampler.endsWith("-karras")),
];

// Controls for a picture that was made here.
export const looks = (steps, channels, strongest) => [
  range("when", "step", { from: 1, to: steps, value: Math.max(1, Math.round(steps / 3)) }),
  choice("channel", "channel", Array.from({ length: channels }, (_, i) => [String(i + 1), `${i + 1} of ${channels}`]), String(strongest)),
  range("gain", "its gain", { from: -2, to: 3, step: 0.1, value: 1 }),
];

export const asked = ({ prompt, g, seed, steps, sampler, karras }) => ({ prompt, g, seed, steps, sampler: karras ? `${sampler}-karras` : sampler });

export const caption = ({ prompt, g, seed, steps, sampler }, how) => `“${prompt}”, g = ${g}, seed ${seed}, ${steps} steps of ${sampler}: ${how}.`;

export const command = ({ prompt, g, seed, steps, sampler }) => {
  const quoted = `'${prompt.replace(/'/g, "'\\''")}'`;
  return `python -m diffusion_lib picture ${quoted} --g ${g} --seed ${seed} --steps ${steps} --sampler ${sampler} --out picture.png`;
};

export const offer = (megabytes) => `Load the networks (${megabytes} MB) and paint`;

export const draw = (kind, data) => {
  const id = `lab-${kind}`, begins = data.begins, side = 2 * data.network.side;
  const handles = controls(begins).map((each) => html(each, id, begins[each.name] ?? each.value)).join("");
  const alt = `A picture that the miniature painted for the prompt: ${begins.prompt}`;
  return `<form class="lab-controls needs-script" aria-label="Handles: the picture to paint">${handles}<button type="button" data-does="other">Another seed</button></form>
<p class="lab-words needs-script" role="status"></p>
<details class="lab-vocabulary needs-script"><summary>The ${data.words.length} words that it knows</summary></details>
<p class="lab-controls needs-script"><button type="button" class="lab-main" data-does="make">${escaped(offer(data.megabytes))}</button><button type="button" data-does="stop" hidden>Stop</button><progress max="1" value="0" aria-label="Progress" hidden></progress></p>
<div class="lab-painted"><div class="lab-frame"><img src="data:image/png;base64,${escaped(data.first)}" width="${side}" height="${side}" alt="${escaped(alt)}"></div>
<div class="lab-inside" hidden></div></div>
<p class="lab-said" role="status">${escaped(caption(begins, "painted by Python when this page was built"))}</p>
<p class="lab-command">In Python: <code>${escaped(command(begins))}</code></p>
<p class="lab-links" hidden></p>`;
};
