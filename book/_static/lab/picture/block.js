// The HTML of the laboratory `picture`, which stands without a script: a picture that Python made when the book was built.

import { escaped } from "../shell/plot.js";
import { check, choice, html, range, words } from "../shell/controls.js";

export const controls = ({ begins: { prompt, g, seed, steps, sampler }, samplers }) => [
  words("prompt", "prompt", { value: prompt, longest: 200 }),
  range("g", "guidance g", { from: 0, to: 10, step: 0.5, value: g }),
  range("seed", "seed", { from: 0, to: 999, value: seed }),
  range("steps", "steps", { from: 1, to: 100, value: steps }),
  choice("sampler", "sampler", Object.entries(samplers), sampler.replace(/-karras$/, "")),
  check("karras", "levels of Karras", sampler.endsWith("-karras")),
];

export const ORIGINS = [["", "from noise"], ["first", "from the picture of this page"], ["scene", "from a red circle on sand"], ["above", "from the picture above"], ["file", "from a file of yours"]];

// Those that are folded: what to lead away from, and a picture to begin from.
export const more = [
  words("negative", "not to show", { value: "", longest: 200 }),
  choice("init", "begin", ORIGINS),
  range("strength", "strength", { from: 0.05, to: 1, step: 0.05, value: 0.6 }),
];

// Controls for a picture that was made here.
export const looks = (steps, channels, strongest) => [
  range("when", "step", { from: 1, to: steps, value: Math.max(1, Math.round(steps / 3)) }),
  choice("channel", "channel", Array.from({ length: channels }, (_, i) => [String(i + 1), `${i + 1} of ${channels}`]), String(strongest)),
  range("gain", "its gain", { from: -2, to: 3, step: 0.1, value: 1 }),
];

// What was asked for, with the names of `generate`; what was not, is not there.
export const asked = ({ prompt, g, seed, steps, sampler, karras, negative, init, strength }) => ({
  prompt, g, seed, steps, sampler: karras ? `${sampler}-karras` : sampler, ...(negative && { negative }), ...(init && { strength }),
});

export const caption = ({ prompt, g, seed, steps, sampler, negative, strength }, how) => {
  const also = `${negative ? `, not “${negative}”` : ""}${strength ? `, from a picture at strength ${strength}` : ""}`;
  return `“${prompt}”${also}, g = ${g}, seed ${seed}, ${steps} steps of ${sampler}: ${how}.`;
};

const quoted = (text) => `'${text.replace(/'/g, "'\\''")}'`;
export const command = ({ prompt, g, seed, steps, sampler, negative, strength }) => {
  const also = `${negative ? ` --negative=${quoted(negative)}` : ""}${strength ? ` --init init.png --strength ${strength}` : ""}`;
  return `diffusion picture ${quoted(prompt)}${also} --g ${g} --seed ${seed} --steps ${steps} --sampler ${sampler} --out picture.png`;
};

export const offer = (megabytes) => `Load the networks (${megabytes} MB) and paint`;

export const draw = (kind, data) => {
  const id = `lab-${kind}`, begins = data.begins, side = 2 * data.network.side;
  const handles = controls(data).map((each) => html(each, id, begins[each.name] ?? each.value)).join("");
  const folded = more.map((each) => html(each, id, each.value)).join("");
  const alt = `A picture that the miniature painted for the prompt: ${begins.prompt}`;
  return `<form class="lab-controls needs-script" aria-label="Handles: the picture to paint">${handles}<button type="button" data-does="other">Another seed</button></form>
<p class="lab-words needs-script" role="status"></p>
<details class="lab-more needs-script"><summary>More: what not to show, a picture to begin from</summary><div class="lab-controls" role="group" aria-label="More handles">${folded}<input type="file" accept="image/*" aria-label="The file to begin from" hidden><span class="lab-from" hidden></span></div></details>
<details class="lab-vocabulary needs-script"><summary>The ${data.words.length} words that it knows</summary></details>
<p class="lab-controls needs-script"><button type="button" class="lab-main" data-does="make">${escaped(offer(data.megabytes))}</button><button type="button" data-does="stop" hidden>Stop</button><progress max="1" value="0" aria-label="Progress" hidden></progress></p>
<div class="lab-painted"><div class="lab-frame"><img src="data:image/png;base64,${escaped(data.first)}" width="${side}" height="${side}" alt="${escaped(alt)}"></div>
<div class="lab-inside" hidden></div></div>
<p class="lab-said" role="status">${escaped(caption(begins, "painted by Python when this page was built"))}</p>
<p class="lab-command">In Python: <code>${escaped(command(begins))}</code></p>
<p class="lab-links" hidden></p>`;
};
