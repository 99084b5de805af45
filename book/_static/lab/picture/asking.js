// The networks for a laboratory whose handles and picture are the shell's: a button loads them, and a line says how far.

import { home, networks, obstacle, progress, sentences } from "./networks.js";

// What the line beneath says of the networks: while they are busy, and of trouble until a handle moves.
export const noted = ({ note }, now) => (note && (note.busy || note.of === JSON.stringify(now)) ? note.words : "");
export const note = (model, tools, words, busy = true) => {
  model.note = { words, busy, of: JSON.stringify(tools.state()) };
  tools.redraw();
};

// The networks of `model.data`, made at the first press and kept in `model`. `heard` are functions for messages of the
// worker beside those of loading and of failure; after a failure `ended` is called.
export const begin = (model, tools, button, heard) => {
  const offer = button.textContent, { files, network } = model.data;
  const heards = {
    loading: (told) => note(model, tools, progress.loading(told)),
    starting: () => note(model, tools, progress.starting()),
    failed: ({ why, text }) => {
      button.disabled = false;
      if (!model.workers.alive()) { button.textContent = offer; model.workers = null; }
      heard.ended?.();
      note(model, tools, why === "asked" ? `It cannot be generated: ${text}.` : sentences[why] ?? sentences.other, false);
    },
  };
  const trouble = obstacle();
  if (trouble) return note(model, tools, trouble, false);
  button.disabled = true;
  const { patience } = tools.root.dataset;
  model.workers = networks(home("picture/worker.js"), (told) => { if (model.workers) (heard[told.kind] ?? heards[told.kind])?.(told); }, Number(patience) || 60);
  model.workers.load(files.map((file) => ({ ...file, address: home(file.place) })), network);
};

// A canvas in the place of a picture that stood there.
export const canvas = (frame, side, words) => {
  const made = Object.assign(document.createElement("canvas"), { width: side, height: side });
  made.setAttribute("role", "img");
  made.setAttribute("aria-label", words);
  frame.replaceChildren(made);
  return made;
};

// The HTML of a picture with words beneath.
export const figure = (source, side, alt, words) => `<figure><div class="lab-frame"><img src="data:image/png;base64,${source}" width="${2 * side}" height="${2 * side}" alt="${alt}"></div><figcaption>${words}</figcaption></figure>`;
