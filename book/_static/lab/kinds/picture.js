// The miniature Stable Diffusion in the page: prompt, g, seed, steps and sampler give the image that Python generates.

import { fragment, given } from "../shell/address.js";
import { allowed, read, state, write } from "../shell/controls.js";
import { asked, caption, command, controls, draw as block, more, offer } from "../picture/block.js";
import { look } from "../picture/look.js";
import { paint } from "../picture/inside.js";
import { home, networks, obstacle, progress as stages, sentences } from "../picture/networks.js";
import { fingerprint, pixelsOf, refused, taken, unpacked } from "../picture/origin.js";
import { png } from "../picture/png.js";
import { groups, nearest, unknown } from "../picture/words.js";
import { outside } from "../picture/world.js";

export const lab = { title: "Generate an image here, without a server" };
export const draw = (kind, data) => block(kind, data);

const make = (tag, values = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), values);
  made.append(...children);
  return made;
};

export const mount = (root, data) => {
  const id = root.id, find = (query) => root.querySelector(query), listed = [...controls(data), ...more];
  const handle = Object.fromEntries(listed.map((each) => [each.name, find(`#${id}-${each.name}`)]));
  const [main, stop, other] = ["make", "stop", "other"].map((name) => find(`[data-does="${name}"]`));
  const words = find(".lab-words"), progress = find("progress"), frame = find(".lab-frame"), links = find(".lab-links"), told = find(".lab-said");
  const begins = state({ controls: listed }, {}), side = data.network.side;
  let now = begins, made = null, running = null, canvas = null, inside = null, origin = null; // pixels to begin from

  const say = (text) => { told.textContent = text; };
  const unknownNow = () => unknown(`${now.prompt} ${now.negative}`, data.words);

  const show = () => {
    for (const each of listed) write(each, handle[each.name], now[each.name]);
    find(".lab-command code").textContent = command(asked(now));
    const strange = unknownNow(), marks = strange.flatMap((word) => {
      const better = nearest(word, data.words);
      return [" ", make("mark", { textContent: word }), ...(better ? [" (", make("button", { type: "button", textContent: better, ariaLabel: `Write ${better} in place of ${word}`, onclick: () => replace(word, better) }), "?)"] : [])];
    });
    words.replaceChildren(...(strange.length ? ["Not in its vocabulary:", ...marks, ". With such a word the image would be arbitrary; choose other words from the list."] : [refused(now) || outside(now.prompt, data.rules) || outside(now.negative, data.rules)]));
    main.disabled = strange.length > 0 || refused(now) !== "" || running !== null;
    handle.strength.disabled = !now.init;
    file.hidden = now.init !== "file";
  };
  const tell = () => history.replaceState(history.state, "", fragment(id, now, begins));
  const set = (changes) => {
    for (const each of listed) if (Object.hasOwn(changes, each.name)) now = { ...now, [each.name]: allowed(each, changes[each.name]) };
    show();
    tell();
  };
  const replace = (word, better) => {
    const changed = (text) => text.split(/(\s+|[,.;:!?]+)/).map((part) => (part.toLowerCase() === word ? better : part)).join("");
    set({ prompt: changed(now.prompt), negative: changed(now.negative) });
  };

  // The initial image is read when it is chosen, and shown small; without one, sampling starts from noise.
  const from = find(".lab-from"), file = find('input[type="file"]');
  const begun = async (init) => {
    const source = { first: () => unpacked(data.first), scene: () => unpacked(data.scene), file: () => file.files[0] }[init];
    origin = init === "above" && made ? made.pixels : null;
    try {
      if (init && !origin) origin = await pixelsOf(source ? source() : unpacked(data.first), side);
    } catch {
      say(file.files[0] ? "That file is not an image that this browser reads. Choose another." : "Choose a file to start from.");
    }
    const small = origin && make("canvas", { ariaLabel: "The image to start from" });
    if (small) { small.setAttribute("role", "img"); paint(small, origin, side); }
    from.replaceChildren(...(small ? [small] : []));
    from.hidden = !small;
    return origin !== null;
  };

  const busy = (what) => {
    running = what;
    progress.hidden = stop.hidden = what === null;
    show();
  };
  const surface = () => {
    if (!canvas) {
      canvas = make("canvas", { width: side, height: side });
      canvas.setAttribute("role", "img");
      frame.replaceChildren(canvas);
    }
    return canvas;
  };

  const heard = {
    loading: (told) => { progress.value = told.done / told.total; say(stages.loading(told)); },
    starting: () => { progress.removeAttribute("value"); say(stages.starting()); },
    ready: () => { main.textContent = "Generate"; main.dataset.ready = "yes"; if (running?.then) paintNow(); },
    step: ({ k, t, pixels, maps }) => {
      running.steps.push({ t, maps });
      progress.value = (k + 1) / running.count;
      if (pixels) paint(surface(), pixels, side);
      say(`Step ${k + 1} of ${running.count}, t = ${t}: the image that the U-Net predicts from the noise.`);
    },
    made: ({ pixels, latents, words: pieces }) => {
      made = { asked: running.asked, init: running.init, pixels, latents, pieces, steps: running.steps };
      const seconds = ((performance.now() - running.began) / 1000).toFixed(1);
      busy(null);
      surface().setAttribute("aria-label", `An image that the miniature generated for the prompt: ${made.asked.prompt}`);
      paint(canvas, pixels, side);
      say([caption(made.asked, `generated here in ${seconds} s, from the same noise as in Python`), outside(made.asked.prompt, data.rules)].filter(Boolean).join(" "));
      offerFile();
      inside = look(find(".lab-inside"), id, made, data.network, (latents) => workers.decode(latents), (shown, map) => paint(canvas, shown, side, map));
    },
    decoded: ({ id: number, pixels }) => inside?.decoded(number, pixels),
    failed: ({ why, text }) => {
      busy(null);
      main.textContent = workers.alive() ? "Generate" : offer(data.megabytes);
      say(why === "asked" ? `It cannot be generated: ${text}.` : sentences[why] ?? sentences.other);
    },
  };
  const workers = networks(home("picture/worker.js"), (message) => {
    if (message.id && running?.number && message.kind !== "decoded" && message.id !== running.number) return; // of a picture that was given up
    heard[message.kind](message);
  }, Number(root.dataset.patience) || 60);

  const paintNow = () => {
    const what = asked(now), init = now.init && origin ? { kind: now.init, pixels: origin } : null;
    find(".lab-inside").hidden = links.hidden = true;
    inside = null;
    busy({ asked: what, init, steps: [], began: performance.now(), number: 0, count: init ? taken(what.steps, what.strength) : what.steps });
    progress.value = 0;
    running.number = workers.make({ ...what, init: init?.pixels ?? null });
  };
  const begin = async () => {
    if (running || unknownNow().length || refused(now)) return;
    if (now.init && !origin && !(await begun(now.init))) return;
    const trouble = obstacle();
    if (trouble) return say(trouble);
    if (workers.alive()) return paintNow();
    busy({ then: true });
    progress.value = 0;
    workers.load(data.files.map((file) => ({ ...file, address: home(file.place) })), data.network);
  };
  const offerFile = async () => {
    const kept = made, init = kept.init && { init: fingerprint(kept.init.pixels, side) }, parameters = { ...kept.asked, ...init, ...data.parameters };
    const file = await png(kept.pixels, side, side, "diffusion_lib", parameters);
    if (kept !== made) return;
    const name = `${kept.asked.prompt.replace(/[^a-z0-9]+/gi, "-").slice(0, 40) || "picture"}-${kept.asked.seed}.png`;
    for (const old of links.querySelectorAll("a[download]")) URL.revokeObjectURL(old.href);
    const save = make("a", { href: URL.createObjectURL(file), download: name, textContent: "Save the image" });
    const others = { negative: "", strength: begins.strength, ...kept.asked, init: ["first", "scene"].includes(kept.init?.kind) ? kept.init.kind : "" };
    const link = make("a", { href: fragment(id, { ...now, ...others, sampler: kept.asked.sampler.replace(/-karras$/, ""), karras: kept.asked.sampler.endsWith("-karras") }, begins), textContent: "Link to these settings" });
    const start = kept.init && make("a", { href: URL.createObjectURL(await png(kept.init.pixels, side, side, "Comment", "begun from")), download: "init.png", textContent: "Save the initial image" });
    links.replaceChildren(save, " (the file stores its settings, with which Python generates it again) · ", ...(start ? [start, " · "] : []), link);
    links.hidden = false;
  };

  for (const each of listed) handle[each.name].addEventListener("input", () => set({ [each.name]: read(each, handle[each.name]) }));
  handle.init.addEventListener("change", () => begun(now.init));
  file.addEventListener("change", () => begun("file"));
  find("form").addEventListener("submit", (event) => { event.preventDefault(); begin(); });
  handle.prompt.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); begin(); } });
  main.addEventListener("click", begin);
  other.addEventListener("click", () => { set({ seed: (now.seed + 1) % 1000 }); if (workers.alive()) begin(); });
  stop.addEventListener("click", () => {
    if (running?.then) workers.end(); else workers.stop();
    busy(null);
    main.textContent = workers.alive() ? "Generate" : offer(data.megabytes);
    say("Stopped.");
  });
  const examples = data.examples.map((prompt) => make("button", { type: "button", textContent: prompt, onclick: () => set({ prompt }) }));
  find(".lab-vocabulary").append(make("p", {}, "example prompts: ", ...examples));
  for (const [name, members] of groups(data.words)) {
    const buttons = members.map((word) => make("button", { type: "button", textContent: word, onclick: () => { set({ prompt: `${now.prompt.trimEnd()} ${word}`.trim() }); } }));
    find(".lab-vocabulary").append(make("p", {}, `${name}: `, ...buttons));
  }
  const follow = () => {
    const found = given(location.hash, id);
    if (!found) return;
    now = state({ controls: listed }, found);
    if (now.negative || now.init) find(".lab-more").open = true;
    begun(now.init);
    show();
    root.scrollIntoView({ block: "start", behavior: "instant" });
  };
  addEventListener("hashchange", follow);
  follow();
  show();
  root.dataset.live = "yes";
  return { kind: root.dataset.kind, tools: { state: () => now, set, begin, made: () => made } };
};
