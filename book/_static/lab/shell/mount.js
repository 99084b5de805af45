// Brings a laboratory to life: handles, keys, a finger in the picture, the address, and a picture as wide as the page.

import { picture, WIDTH } from "./block.js";
import { allowed, read, state, write } from "./controls.js";
import { fragment, given } from "./address.js";

const SLICE = 8; // milliseconds of work in a frame
const still = matchMedia("(prefers-reduced-motion: reduce)");

export const mount = (root, lab, data) => {
  const kind = root.dataset.kind, id = root.id;
  const frame = root.querySelector(".lab-picture"), said = root.querySelector(".lab-said");
  const begins = JSON.parse(frame.dataset.begins);
  const controls = Object.fromEntries(lab.controls.map((each) => [each.name, each]));
  const element = (name) => root.querySelector(`#${id}-${name}`);
  const model = lab.setup(data);
  let now = state(lab, begins), waiting = false, timer = 0;
  const size = () => ({ width: Math.min(WIDTH, Math.max(280, frame.clientWidth || WIDTH)), height: frame.clientHeight || lab.height });

  const draw = () => {
    waiting = false;
    const made = picture(lab, model, now, size());
    frame.innerHTML = made.svg;
    said.textContent = made.said;
    for (const name of Object.keys(now)) write(controls[name], element(name), now[name]);
    lab.drawn?.(model, tools); // what follows the handles and is no part of the picture
  };
  // What takes longer than a frame, a laboratory makes in pieces ahead of its picture; the last state is the one drawn.
  const work = () => {
    const until = performance.now() + SLICE;
    let ready = !lab.ahead;
    while (!ready && performance.now() < until) ready = lab.ahead(model, now);
    root.toggleAttribute("data-busy", !ready);
    if (ready) draw();
    else requestAnimationFrame(work);
  };
  const redraw = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(work);
  };
  // The address follows when the hand rests, since browsers allow few changes of it a second; so does the voice of a screen
  // reader, which would read every sentence on the way.
  const tell = () => {
    clearTimeout(timer);
    said.setAttribute("aria-busy", "true");
    timer = setTimeout(() => {
      history.replaceState(history.state, "", fragment(id, now, begins));
      said.removeAttribute("aria-busy");
    }, 300);
  };
  const set = (changes, quiet = false) => {
    const known = Object.entries(changes).filter(([name]) => Object.hasOwn(now, name));
    now = { ...now, ...Object.fromEntries(known.map(([name, value]) => [name, allowed(controls[name], value)])) };
    redraw();
    if (!quiet) tell();
  };
  const tools = { root, state: () => now, set, redraw };

  for (const control of lab.controls) {
    const handle = element(control.name);
    if (control.type === "action") handle.addEventListener("click", () => lab.act(control.name, model, tools, handle));
    else handle.addEventListener("input", () => { stop(); set({ [control.name]: read(control, handle) }); });
  }

  // A slider that plays runs to its end, from the start if it is there already.
  let playing = null;
  const stop = () => {
    if (!playing) return;
    cancelAnimationFrame(playing.frame);
    playing.button.setAttribute("aria-pressed", "false");
    playing.button.textContent = "▶";
    playing = null;
    tell();
  };
  const play = (button) => {
    const control = controls[button.dataset.plays], span = control.to - control.from;
    const from = now[control.name] >= control.to ? control.from : now[control.name];
    const start = performance.now() - (1000 * control.play * (from - control.from)) / span;
    playing = { button, frame: 0 };
    said.setAttribute("aria-busy", "true");
    button.setAttribute("aria-pressed", "true");
    button.textContent = "❚❚";
    let last = 0;
    const go = (time) => {
      const part = Math.min(1, (time - start) / 1000 / control.play);
      if (time - last > (still.matches ? 400 : 0) || part === 1) { set({ [control.name]: control.from + span * part }, true); last = time; }
      if (part === 1) stop();
      else playing.frame = requestAnimationFrame(go);
    };
    playing.frame = requestAnimationFrame(go);
  };
  for (const button of root.querySelectorAll(".lab-play")) {
    button.addEventListener("click", () => { if (playing?.button === button) stop(); else { stop(); play(button); } });
  }

  // A finger in the picture, where the laboratory has a use for it. `began` is true for the first place of a stroke.
  if (lab.drag) {
    const at = (event) => {
      const box = frame.querySelector("svg").getBoundingClientRect(), { width, height } = size();
      return [((event.clientX - box.left) / box.width) * width, ((event.clientY - box.top) / box.height) * height];
    };
    const move = (event, began) => {
      const changes = lab.drag(model, now, at(event), size(), began);
      if (changes) { stop(); set(changes); }
    };
    frame.classList.add("drags");
    // On a square that is drawn on, a finger draws; elsewhere it moves the page. Chromium reads no touch-action in SVG.
    if (lab.pad) {
      frame.addEventListener("touchstart", (event) => {
        const [x, y] = at(event.changedTouches[0]), { left, top, side } = lab.pad(size());
        if (x >= left && x <= left + side && y >= top && y <= top + side) event.preventDefault();
      }, { passive: false });
    }
    frame.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      frame.setPointerCapture(event.pointerId);
      event.preventDefault();
      move(event, true);
    });
    frame.addEventListener("pointermove", (event) => { if (frame.hasPointerCapture(event.pointerId)) move(event, false); });
  }

  const follow = () => {
    const asked = given(location.hash, id);
    if (!asked) return;
    now = state(lab, { ...begins, ...asked });
    redraw();
    root.scrollIntoView({ block: "start", behavior: "instant" });
  };
  addEventListener("hashchange", follow);
  let width = size().width;
  new ResizeObserver(() => { if (size().width !== width) { width = size().width; redraw(); } }).observe(frame);
  follow();
  if (lab.ahead) redraw();
  else draw();
  root.dataset.live = "yes";
  return { kind, tools };
};
