import { seeded } from '../seeded.ts';

/** What a page posts about itself: fields of `web_events`. What only the edge knows (country, device) it adds itself. */
export type VisitorEvent = Readonly<Record<string, string | number>>;

/** One visitor's way through the site. */
export interface Visit {
  /** What the visitor's browser and address say, in the headers that the local edge takes. */
  readonly headers: Readonly<Record<string, string>>;
  readonly paths: readonly string[];
  readonly events: readonly VisitorEvent[];
}

const PATHS = ['/', '/products', '/products/42', '/cart', '/checkout', '/search', '/blog/edge', '/account', '/help'];
const AGENTS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile Safari/604.1',
  'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
];
const LOCATIONS = [
  'country_code=DE,region_code=BE,city=BERLIN',
  'country_code=US,region_code=MA,city=CAMBRIDGE',
  'country_code=FR,city=PARIS',
  'country_code=JP,city=TOKYO',
  'country_code=BR,region_code=SP,city=SAOPAULO',
];
const NAMES = ['click', 'scroll', 'view', 'search', 'purchase'];
/** One event in this many comes from an old client that sends its duration as text, as real traffic has it. */
const FAULTY_IN = 200;

/** Endless visits; the same seed gives the same visitors. @param now milliseconds since the epoch */
export function* visits(seed: number, now: () => number): Generator<Visit, never> {
  const random = seeded(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const pick = (items: readonly string[]): string => items[below(items.length)] ?? '';
  for (let visitor = 1; ; visitor++) {
    const paths = Array.from({ length: 1 + below(6) }, () => pick(PATHS));
    const network = `203.0.113.${1 + below(254)}`;
    yield {
      headers: {
        'user-agent': pick(AGENTS),
        'x-akamai-edgescape': pick(LOCATIONS),
        'x-forwarded-for': network,
      },
      paths,
      events: Array.from({ length: 1 + below(12) }, (_, index) => {
        const duration = below(900);
        return {
          event_time: new Date(now() - index * 20).toISOString(),
          event_type: 'client',
          event_name: pick(NAMES),
          path: pick(paths),
          visitor: `v${seed}-${visitor}`,
          duration_ms: below(FAULTY_IN) === 0 ? String(duration) : duration,
        };
      }),
    };
  }
}
