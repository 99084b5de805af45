// The library in a worker, one for the page: it is loaded at the first request that a reader makes, asked by data, and
// thrown away when it hangs. Whatever goes wrong is an Error whose message is a sentence for the reader.

const SECONDS = { load: 180, answer: 60 };
const later = (seconds, act) => setTimeout(act, 1000 * seconds);

// Why it cannot be loaded here, or "".
export const hindrance = (place = location, has = globalThis) => {
  if (place.protocol === "file:") return "From a file, browsers load no programs. Serve the folder (make serve), or open the page where it is published.";
  if (!("WebAssembly" in has)) return "This browser runs no WebAssembly, or it is switched off. Answer in the notebook, or use another browser.";
  if (!("Worker" in has) || !("DecompressionStream" in has)) return "This browser is too old to run the library. Answer in the notebook, or use a newer one.";
  return "";
};

const sentence = (told) => (/memory|allocat/i.test(told)
  ? "This device has too little memory for it. Close other pages and try again, or answer in the notebook."
  : `The library could not be loaded: ${told}. Try again; if that does not help, answer in the notebook.`);

const stopped = (told) => (/memory|allocat/i.test(told) ? sentence(told) : "This could not be computed here and was stopped. Write it in a simpler form, and try again.");

// `folder` is the address of the files; `make` makes the worker.
export const desk = (folder, make = worker) => {
  let open = null, number = 0, running = false;
  const waiting = new Map(), listeners = new Set();
  const tell = (news) => { for (const listener of listeners) listener(news); };

  const close = (reason) => {
    open?.worker.terminate();
    open = null;
    running = false;
    for (const { failed } of waiting.values()) failed(new Error(reason));
    waiting.clear();
    tell({ state: "closed" });
  };

  const start = () => {
    if (open) return open.ready;
    const hindered = hindrance();
    if (hindered) return Promise.reject(new Error(hindered));
    const made = make(folder);
    open = { worker: made };
    open.ready = new Promise((done, failed) => {
      const give = (told) => {
        if (open?.worker !== made) return;
        close(told);
        failed(new Error(told));
      };
      const timer = later(SECONDS.load, () => give("Loading takes too long. Try again when the network is better."));
      made.onerror = (event) => { event.preventDefault?.(); give(sentence(event.message || "its program did not come")); };
      made.onmessage = ({ data }) => {
        if (data.ready) { clearTimeout(timer); running = true; tell({ state: "ready" }); done(); }
        else if (data.failed !== undefined) { clearTimeout(timer); give(sentence(data.failed)); }
        else if (data.bytes !== undefined) tell({ state: data.starting ? "starting" : "loading", bytes: data.bytes });
        else if (data.error !== undefined) close(stopped(data.error)); // what the library means to say is an answer
        else if (waiting.has(data.id)) {
          waiting.get(data.id).done(JSON.parse(data.answer));
          waiting.delete(data.id);
        }
      };
      made.postMessage({ base: folder });
    });
    return open.ready;
  };

  // The answer to a request; one that takes more than `seconds` ends the worker, and the next request starts another.
  const ask = async (asked, seconds = SECONDS.answer) => {
    await start();
    const id = (number += 1), mine = open;
    return new Promise((done, failed) => {
      const timer = later(seconds, () => {
        if (open === mine) close(`This was not decided in ${seconds} seconds and was stopped. Write it in a simpler form, and try again.`);
      });
      const ended = (act) => (value) => { clearTimeout(timer); act(value); };
      waiting.set(id, { done: ended(done), failed: ended(failed) });
      mine.worker.postMessage({ id, told: JSON.stringify(asked) });
    });
  };
  return { start, ask, close, isReady: () => running, listen: (listener) => { listeners.add(listener); return () => listeners.delete(listener); } };
};

// A worker that is bound by the policy of this page, which one from an address would not be.
const worker = (folder) => {
  const program = new URL("../../../worker/python.js", folder).href;
  const url = URL.createObjectURL(new Blob([`import ${JSON.stringify(program)};`], { type: "text/javascript" }));
  const made = new Worker(url, { type: "module" });
  later(SECONDS.load, () => URL.revokeObjectURL(url));
  return made;
};

// The one desk of the page.
export const shared = () => {
  globalThis.bookDesk ??= desk(new URL(`${document.documentElement.dataset.content_root}_static/lab/made/vendor/pyodide/`, location).href);
  return globalThis.bookDesk;
};
