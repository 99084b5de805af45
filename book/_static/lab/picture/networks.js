// The page's side of the worker that holds the networks: it is started when it is asked for, watched, and ended if it hangs.

const MEMORY = "about 400 MB";

// Why this browser cannot run the networks, as a sentence; null if it can.
export const obstacle = (place = location, here = globalThis) => {
  if (place.protocol === "file:") return "A browser does not let a page from the disk start the networks. Run `make serve` in the book's folder, and open the page at http://127.0.0.1:8000.";
  if (!here.WebAssembly || !here.Worker || !here.DecompressionStream) return "This browser has no WebAssembly, which runs the networks. A newer one has, or use Python.";
  return null;
};

// Where a file of the laboratories lies.
export const home = (place) => new URL(`${document.documentElement.dataset.content_root ?? ""}_static/lab/${place}`, document.baseURI).href;

export const progress = {
  loading: ({ done, total }) => `Loading: ${(done / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB.`,
  starting: () => "Everything has arrived; the networks are starting.",
};

export const sentences = {
  lost: "The networks did not arrive whole: the connection was lost. Press the button to try again; the browser may have kept what arrived.",
  memory: `This device has too little free memory for the networks, which need ${MEMORY}. Close other pages and press the button again, or use Python.`,
  silent: "No answer came for a long time, and the work was ended. Press the button to start again, with fewer steps if it happens twice.",
  other: "The networks stopped with an error. Press the button to start again, or use Python.",
};

// `hear(message)` is called with what the worker says, and {kind: "failed", why, text} for all that goes wrong.
export const networks = (address, hear, patience = 60) => {
  let worker = null, timer = 0, count = 0, waiting = false;
  const end = () => { worker?.terminate(); worker = null; waiting = false; clearTimeout(timer); };
  const fail = (why, text = "") => { end(); hear({ kind: "failed", why, text }); };
  const watch = () => {
    clearTimeout(timer);
    if (waiting) timer = setTimeout(() => fail("silent"), 1000 * patience);
  };
  const start = () => {
    try {
      worker = new Worker(address, { type: "module" });
    } catch (error) {
      return fail("other", String(error));
    }
    worker.onerror = (event) => { event.preventDefault?.(); fail(event.message ? "other" : "lost", event.message); };
    worker.onmessage = ({ data }) => {
      if (["ready", "made", "decoded", "failed"].includes(data.kind)) waiting = false;
      watch();
      if (data.kind === "failed" && data.why !== "asked") return fail(data.why, data.text);
      hear(data);
    };
    return worker;
  };
  const ask = (message) => {
    if (!worker) return;
    waiting = true;
    watch();
    worker.postMessage(message);
  };
  return {
    load: (files, model) => { if (!worker) start(); ask({ kind: "load", files, model }); },
    make: (asked) => { ask({ kind: "make", id: ++count, asked }); return count; },
    decode: (latents) => { ask({ kind: "decode", id: ++count, latents }); return count; },
    stop: () => { waiting = false; clearTimeout(timer); worker?.postMessage({ kind: "stop" }); },
    end,
    alive: () => worker !== null,
  };
};
