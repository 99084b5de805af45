// One channel of an image's latents is scaled, and the shipped decoder decodes the latents as the slider moves.

import { box, escaped, tag, text } from "../shell/plot.js";
import { action } from "../shell/controls.js";
import { begin, canvas, figure, noted } from "../picture/asking.js";
import { looks } from "../picture/block.js";
import { cells, places } from "../picture/cells.js";
import { paint, scaled } from "../picture/inside.js";

const CHANNELS = 8, STRONGEST = 6, LIMIT = 2.5; // the values of a channel that are drawn black and white
const [, channel, gain] = looks(1, CHANNELS, STRONGEST);
const setting = (now) => `channel ${now.channel} times ${now.gain.toFixed(1).replace("-", "−")}`;
const same = (a, b) => a.channel === b.channel && a.gain === b.gain;

const grey = (value) => {
  const level = Math.round((31 * (Math.min(Math.max(value, -LIMIT), LIMIT) + LIMIT)) / (2 * LIMIT));
  return { class: "cell", style: `fill: hsl(0 0% ${Math.round((100 * level) / 31)}%)` };
};

// In one row, or on a phone in two.
const grids = ({ width }) => {
  const row = width > 500 ? CHANNELS : CHANNELS / 2, gap = 10, side = Math.min(76, (width - 8 - gap * (row - 1)) / row);
  return places(CHANNELS, row, { left: 4, top: 22, side }, gap, 2 * side + 36);
};

// The mean absolute difference of two images, in grey levels.
export const apart = (a, b) => a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length;

const said = (model, now) => {
  const { shown } = model, offer = model.workers ? "" : ` The button loads the decoder (${model.data.megabytes} MB); then the image follows the controls.`;
  const words = setting(shown);
  return noted(model, now) || `${words[0].toUpperCase()}${words.slice(1)}: the decoded image differs from the generated one by ${shown.apart.toFixed(1)} grey levels of 255 on average.${same(shown, now) ? "" : ` The controls are set to ${setting(now)}.`}${offer}`;
};

export const lab = {
  title: "One channel of the latents, rescaled and decoded",
  alt: "The eight channels of the latents of an image as coarse grey images. Below each is the image decoded from latents in which this channel is negated.",
  height: 184,
  narrow: 372,
  controls: [channel, { ...gain, value: -1, play: 5 }, action("load", ({ data }) => `Load the decoder (${data.megabytes} MB)`)],
  setup: (data) => ({ data, latents: Float32Array.from(data.latents), workers: null, note: null, ready: false, asked: null, plain: null, shown: { channel: String(STRONGEST), gain: -1, apart: data.changes[STRONGEST - 1] } }),
  beside({ data, shown }) {
    const { side } = data.network;
    return `<div class="lab-painted lab-pair">${figure(escaped(data.first), side, "An image that the miniature generated: a white dog with a red hat", "as generated")}${figure(escaped(data.turned), side, `The image decoded from the same latents with ${setting(shown)}`, "with one channel changed")}</div>\n`;
  },
  draw(model, now, size) {
    const h = model.data.network.latents[1], each = model.latents.length / CHANNELS;
    const turned = scaled(model.latents, now.channel - 1, CHANNELS, now.gain);
    const svg = grids(size).map((at, k) => {
      const chosen = k === now.channel - 1, below = at.top + at.side + 4, values = turned.subarray(each * k, each * (k + 1));
      const image = tag("image", { x: at.left, y: below, width: at.side, height: at.side, href: `data:image/jpeg;base64,${model.data.small[k]}` });
      return text(at.left, at.top - 6, `channel ${k + 1}`, { class: chosen ? "" : "name" }) + cells(values, h, at, grey) + image + (chosen ? box(at.left - 1.5, at.top - 1.5, at.side + 3, at.side + 3, "c2 strong", { fill: "none" }) : "");
    });
    return { svg: svg.join(""), said: said(model, now) };
  },
  drag(model, now, [x, y], size) {
    const k = grids(size).findIndex((at) => x >= at.left && x <= at.left + at.side && y >= at.top - 18 && y <= at.top + 2 * at.side + 4);
    return k < 0 || String(k + 1) === now.channel ? null : { channel: String(k + 1) };
  },
  // One decoding at a time: the current controls are read when the previous decoding ends. Before the decoder is loaded,
  // a negated channel is shown as Python decoded it when the page was built, at half the size.
  drawn(model, tools) {
    const now = tools.state();
    if (!model.workers && now.gain === -1 && now.channel !== model.shown.channel) {
      const k = now.channel - 1, image = tools.root.querySelector(".lab-pair figure:last-child img");
      model.turned ??= image.src;
      image.src = now.channel === String(STRONGEST) ? model.turned : `data:image/jpeg;base64,${model.data.small[k]}`;
      model.shown = { channel: now.channel, gain: -1, apart: model.data.changes[k] };
      image.alt = `The image decoded from the same latents with ${setting(model.shown)}`;
      tools.redraw();
    }
    tools.root.querySelector(".lab-pair figure:last-child").classList.toggle("waits", !same(model.shown, now));
    if (!model.ready || model.asked || same(model.shown, now)) return;
    model.asked = now;
    model.workers.decode(scaled(model.latents, now.channel - 1, CHANNELS, now.gain));
  },
  act(name, model, tools, button) {
    const { side } = model.data.network, frame = tools.root.querySelector(".lab-pair figure:last-child .lab-frame");
    begin(model, tools, button, {
      ready: () => { model.workers.decode(model.latents); }, // the reference for the others
      decoded: ({ pixels }) => {
        if (!model.plain) {
          Object.assign(model, { plain: pixels, ready: true, note: null, surface: canvas(frame, side, "The image decoded from the latents with the controls applied") });
          button.hidden = true;
        }
        const of = model.asked ?? { channel: tools.state().channel, gain: 1 };
        model.shown = { ...of, apart: apart(pixels, model.plain) };
        model.asked = null;
        paint(model.surface, pixels, side);
        tools.redraw();
      },
      ended: () => { Object.assign(model, { ready: false, asked: null, plain: null }); button.hidden = false; },
    });
  },
};
