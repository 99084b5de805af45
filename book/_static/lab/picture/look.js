// The handles that look inside of a finished picture: a word and a step for the attention, a channel and its gain.

import { html, read, write } from "../shell/controls.js";
import { looks } from "./block.js";
import { mapOf, said, scaled, tokensOf } from "./inside.js";

// `decode(latents)` asks for a picture, whose number it returns; `show(pixels, map)` draws one.
export const look = (place, id, made, { latents: [channels, h, w], strongest }, decode, show) => {
  const controls = looks(made.steps.length, channels, strongest), words = tokensOf(made.pieces), kept = made.steps.some(({ maps }) => maps);
  const [when, ...rest] = controls.map((each) => html(each, id, each.value));
  place.innerHTML = `<div class="lab-controls"${kept && words.length ? "" : " hidden"} role="group" aria-label="Which positions attend to a word"><span>Which positions attend to a word?</span><span class="lab-chips"></span>${when}</div>
<div class="lab-controls" role="group" aria-label="A channel of the latents"><span>Turn one channel of the latents up or down:</span>${rest.join("")}</div><p class="lab-look" role="status"></p>`;
  place.hidden = false;
  const [time, channel, gain] = controls.map((each) => place.querySelector(`#${id}-${each.name}`)), told = place.querySelector(".lab-look");
  const chips = place.querySelector(".lab-chips");
  let chosen = null, waiting = 0, again = false;

  const attend = () => {
    write(controls[0], time, time.value);
    for (const chip of chips.children) chip.setAttribute("aria-pressed", String(chip.dataset.n === String(chosen)));
    if (chosen === null) { told.textContent = ""; return show(made.pixels); }
    const { t, maps } = made.steps[time.value - 1], { word, first, tokens } = words[chosen];
    const map = mapOf(maps, first, tokens, h * w);
    show(made.pixels, map);
    told.textContent = said(word, map, t);
  };
  words.forEach(({ word }, n) => {
    const chip = Object.assign(document.createElement("button"), { type: "button", textContent: word });
    chip.dataset.n = n;
    chip.addEventListener("click", () => { chosen = chosen === n ? null : n; attend(); });
    chips.append(chip);
  });
  time.addEventListener("input", attend);

  // One decoding at a time: the last place of the handle is decoded when the one before is done.
  const turn = () => {
    write(controls[2], gain, gain.value);
    if (waiting) { again = true; return; }
    again = false;
    waiting = decode(scaled(made.latents, channel.value - 1, channels, read(controls[2], gain)));
  };
  channel.addEventListener("input", () => { gain.value = 1; chosen = null; turn(); });
  gain.addEventListener("input", () => { chosen = null; turn(); });
  attend();
  return {
    decoded: (number, pixels) => {
      if (number !== waiting) return;
      waiting = 0;
      show(pixels);
      for (const chip of chips.children) chip.setAttribute("aria-pressed", "false");
      told.textContent = `Channel ${channel.value} times ${Number(gain.value).toFixed(1).replace("-", "−")}, decoded: 1 is the image as it was generated.`;
      if (again) turn();
    },
  };
};
