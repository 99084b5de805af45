// What may go wrong in the worker, and the word for it that the page has a sentence for.

export class Lost extends Error {} // a file did not arrive whole
export class Asked extends Error {} // what was asked for cannot be had, and nothing is broken

const MEMORY = /memory|alloc|out of bounds|invalid array length|array buffer/i;

export const reason = (error) => {
  if (error instanceof Lost) return "lost";
  if (error instanceof Asked) return "asked";
  return MEMORY.test(String(error?.message ?? error)) ? "memory" : "other";
};
