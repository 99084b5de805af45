// Runs beside the pages: a page that was seen is kept whole, and given where the network gives nothing.

const KEPT = "book";
const own = (address) => new URL(address).origin === location.origin;

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));

// A page tells what it loads, also before this worker sees its requests, and what it may still need. What is kept from an
// earlier visit is asked for anew, so that all parts of a page are of one build.
const keep = async (address, anew) => {
  const cache = await caches.open(KEPT), known = await cache.match(address);
  if (known && !anew) return;
  const response = await fetch(address, { cache: known ? "no-cache" : "default", priority: "low" });
  if (response.status === 200) await cache.put(address, response);
};
addEventListener("message", (event) => {
  const { addresses = [], anew = false } = event.data ?? {};
  const wanted = Array.isArray(addresses) ? addresses.filter((each) => typeof each === "string" && own(each)) : [];
  event.waitUntil(Promise.allSettled(wanted.map((each) => keep(each, anew === true))));
});

const answer = async (request) => {
  const cache = await caches.open(KEPT);
  try {
    const response = await fetch(request);
    if (response.status === 200) await cache.put(request, response.clone());
    return response;
  } catch {
    return (await cache.match(request, { ignoreSearch: true })) ?? Response.error();
  }
};
addEventListener("fetch", (event) => {
  if (event.request.method === "GET" && own(event.request.url)) event.respondWith(answer(event.request));
});
