// The state of a laboratory stands in the address, so that a view can be linked: #lab-schedule?t=400&kind=cosine

// The values for laboratory `id` in the fragment of an address, as texts; null if it speaks of another.
export const given = (hash, id) => {
  const [name, query] = hash.replace(/^#/, "").split(/\?(.*)/s);
  if (name !== id) return null;
  try {
    return Object.fromEntries(new URLSearchParams(query ?? ""));
  } catch {
    return {};
  }
};

const plain = (value) => (value === true ? "1" : value === false ? "0" : String(value));

// The fragment that says where `now` differs from what the page `begins` with.
export const fragment = (id, now, begins) => {
  const changed = Object.entries(now).filter(([name, value]) => value !== begins[name]);
  const query = new URLSearchParams(changed.map(([name, value]) => [name, plain(value)])).toString();
  return `#${id}${query ? `?${query}` : ""}`;
};
