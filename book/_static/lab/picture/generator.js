// Random numbers as diffusion_lib draws them: picture i of a seed has a stream of its own, which NumPy's SeedSequence
// of [seed, i] names, and PyTorch's generator on a processor draws. Sources: O'Neill 2015 (SeedSequence), Matsumoto &
// Nishimura 1998 (MT19937), Box & Muller 1958.

const words = (value) => { // a whole number as words of 32 bits, the lowest first
  const found = [];
  for (let rest = BigInt(value); found.length === 0 || rest > 0n; rest >>= 32n) found.push(Number(rest & 0xffffffffn));
  return found;
};

// The first `n` words of 32 bits that numpy.random.SeedSequence(entropy).generate_state makes.
export const seedSequence = (entropy, n) => {
  const given = entropy.flatMap(words), pool = new Uint32Array(4);
  let hash = 0x43b0d7e5;
  const hashed = (value) => {
    let mixed = (value ^ hash) >>> 0;
    hash = Math.imul(hash, 0x931e8875) >>> 0;
    mixed = Math.imul(mixed, hash) >>> 0;
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };
  const mix = (x, y) => {
    const mixed = (Math.imul(x, 0xca01f9dd) - Math.imul(y, 0x4973f715)) >>> 0;
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };
  for (let i = 0; i < 4; i++) pool[i] = hashed(given[i] ?? 0);
  for (let from = 0; from < 4; from++) for (let to = 0; to < 4; to++) if (from !== to) pool[to] = mix(pool[to], hashed(pool[from]));
  for (let from = 4; from < given.length; from++) for (let to = 0; to < 4; to++) pool[to] = mix(pool[to], hashed(given[from]));
  let out = 0x8b51f9dd;
  return Array.from({ length: n }, (_, i) => {
    let value = (pool[i % 4] ^ out) >>> 0;
    out = Math.imul(out, 0x58f38ded) >>> 0;
    value = Math.imul(value, out) >>> 0;
    return (value ^ (value >>> 16)) >>> 0;
  });
};

// MT19937 from a seed of 32 bits: a function that draws words of 32 bits.
export const twister = (seed) => {
  const N = 624, M = 397, state = new Uint32Array(N);
  state[0] = seed;
  for (let i = 1; i < N; i++) state[i] = Math.imul(1812433253, state[i - 1] ^ (state[i - 1] >>> 30)) + i;
  const twist = (i) => {
    const y = (state[i] & 0x80000000) | (state[(i + 1) % N] & 0x7fffffff);
    state[i] = state[(i + M) % N] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
  };
  let next = N;
  return () => {
    if (next === N) { for (let i = 0; i < N; i++) twist(i); next = 0; }
    let y = state[next++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  };
};

const { fround } = Math;

// torch.randn of `n` float32 numbers, n a multiple of 16: of 16 uniform numbers, the first eight give radii, the others angles.
export const normals = (draw, n) => {
  if (n % 16) throw new RangeError(`n must be a multiple of 16, got ${n}`);
  const x = Float32Array.from({ length: n }, () => (draw() & 0xffffff) * 2 ** -24);
  for (let first = 0; first < n; first += 16) {
    for (let i = first; i < first + 8; i++) {
      const radius = fround(Math.sqrt(fround(-2 * fround(Math.log(fround(1 - x[i])))))), angle = fround(fround(2 * Math.PI) * x[i + 8]);
      x[i] = radius * fround(Math.cos(angle));
      x[i + 8] = radius * fround(Math.sin(angle));
    }
  }
  return x;
};

// The stream of picture `index` of `seed`: a function that draws n normal numbers.
export const stream = (seed, index = 0) => {
  const [low, high] = seedSequence([seed, index], 2);
  const draw = twister(((low >>> 1) | ((high & 1) << 31)) >>> 0); // of a number of 64 bits, halved, the generator takes 32
  return (n) => normals(draw, n);
};
