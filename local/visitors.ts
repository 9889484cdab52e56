/** What a page of the site would send: fields of `web_events`. */
export type VisitorEvent = Readonly<Record<string, string | number | null>>;

const PATHS = ['/', '/products', '/products/42', '/cart', '/checkout', '/search', '/blog/edge', '/account', '/help'];
const AGENTS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile Safari/604.1',
  'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
];
const COUNTRIES = ['DE', 'US', 'FR', 'JP', 'BR', 'IN', 'GB'];
/** One event in this many comes from an old client that sends its status as text, as real traffic has it. */
const FAULTY_IN = 200;

/** Endless batches, one a visitor's visit; the same seed gives the same visitors. @param now milliseconds since the epoch */
export function* visits(seed: number, now: () => number): Generator<readonly VisitorEvent[], never> {
  const random = seeded(seed);
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)];
  for (let visitor = 1; ; visitor++) {
    const agent = pick(AGENTS) ?? '';
    const country = pick(COUNTRIES) ?? null;
    const pages = 1 + Math.floor(random() * 12);
    yield Array.from({ length: pages }, (_, page) => ({
      event_time: new Date(now() - (pages - page) * 20).toISOString(),
      path: pick(PATHS) ?? '/',
      method: 'GET',
      status: Math.floor(random() * FAULTY_IN) === 0 ? '200' : 200,
      bytes: Math.floor(random() * 60_000),
      user_agent: agent,
      country,
      visitor: `v${seed}-${visitor}`,
      duration_ms: Math.floor(random() * 900),
    }));
  }
}

/** mulberry32: small, fast and the same everywhere; nothing here needs secrecy. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
