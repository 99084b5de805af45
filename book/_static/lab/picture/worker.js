// The networks run here, beside the page: {load}, {make, id}, {decode, id} and {stop} come in, progress and pictures go out.

import { load } from "./fetching.js";
import { pipeline } from "./pipeline.js";
import { reason } from "./trouble.js";

const SHARE = 4; // a picture on the way is decoded if this took at most a fourth of the time since the last one

let ready = null, current = 0;

const begin = async ({ files, model }) => {
  const bytes = await load(files, (done, total) => postMessage({ kind: "loading", done, total }));
  postMessage({ kind: "starting" });
  return pipeline(bytes, model);
};

// Lets messages in: a step of the networks leaves no room for them.
const breath = () => new Promise((done) => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => { port1.close(); done(); };
  port2.postMessage(0);
});

const make = async (id, asked) => {
  const { make: steps, decode, tokens } = await ready;
  const words = tokens.pieces(asked.prompt).map((piece) => ({ piece, tokens: tokens.word(piece).length }));
  let shown = performance.now(), cost = 0, k = 0;
  for await (const { t, x, clean, maps } of steps(asked)) {
    await breath();
    if (id !== current) return;
    if (t === 0) {
      postMessage({ kind: "made", id, pixels: await decode(x), latents: x, words });
      return;
    }
    const told = { kind: "step", id, k: k++, t, maps, pixels: null };
    const now = performance.now();
    if (now - shown >= SHARE * cost) {
      told.pixels = await decode(clean);
      shown = performance.now();
      cost = shown - now;
    }
    postMessage(told);
  }
};

const fail = (error, id = 0) => postMessage({ kind: "failed", id, why: reason(error), text: String(error?.message ?? error).slice(0, 300) });

onmessage = async ({ data }) => {
  try {
    if (data.kind === "load") {
      ready ??= begin(data);
      await ready;
      postMessage({ kind: "ready" });
    } else if (data.kind === "make") {
      current = data.id;
      await make(data.id, data.asked);
    } else if (data.kind === "decode") {
      const { decode } = await ready;
      postMessage({ kind: "decoded", id: data.id, pixels: await decode(data.latents) });
    } else if (data.kind === "stop") current = 0;
  } catch (error) {
    if (data.kind === "load") ready = null; // so that it can be asked for again
    fail(error, data.id);
  }
};
