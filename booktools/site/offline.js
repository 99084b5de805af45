// Runs beside the pages: what was loaded once is kept, and given where the network gives nothing.

const KEPT = "book";
const own = (address) => new URL(address).origin === location.origin;

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));

// A page tells what it loads, also before this worker sees its requests.
const keep = async (address) => {
  const cache = await caches.open(KEPT);
  if (!(await cache.match(address))) await cache.add(address);
};
addEventListener("message", (event) => {
  const loaded = Array.isArray(event.data) ? event.data.filter((each) => typeof each === "string" && own(each)) : [];
  event.waitUntil(Promise.allSettled(loaded.map(keep)));
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
