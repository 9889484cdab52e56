import { seededValues } from './seeded-values.ts';

/** A row as an EdgeWorker sends it: columns of `web_events`, none that edgehouse stamps. */
export type WebEventRow = Readonly<Record<string, string | number | null>>;

/** The first event's time; fixed, so that a seed stands for the same bytes on every day. */
const FIRST_EVENT_MS = Date.UTC(2026, 0, 1);

/**
 * Makes rows of about 440 bytes of JSON each: 10,000 of them must stay below the 4.5 MB that a batch may have as sent.
 *
 * @param seed the same seed gives the same rows
 */
export function generateWebEvents(count: number, seed: number): readonly WebEventRow[] {
  const { below, pick, hex } = seededValues(seed);
  return Array.from({ length: count }, (_, index) => {
    const country = pick(COUNTRIES);
    return {
      event_time: new Date(FIRST_EVENT_MS + index * 37 + below(37)).toISOString(),
      path: `/${pick(SECTIONS)}/${pick(TOPICS)}-${below(5_000)}`,
      query: below(3) === 0 ? `utm_source=${pick(SECTIONS)}&page=${below(40)}` : null,
      method: below(20) === 0 ? 'POST' : 'GET',
      status: below(30) === 0 ? 404 : 200,
      bytes: 300 + below(200_000),
      duration_ms: below(400_000) / 1000,
      protocol: 'HTTP/2',
      host: 'www.example.com',
      user_agent: pick(USER_AGENTS),
      cache_status: below(4) === 0 ? 'miss' : 'hit',
      country,
      client_network: `${1 + below(220)}.${below(256)}.${below(256)}.0/24`,
      device: pick(DEVICES),
      visitor: hex(16),
      event_type: 'request',
    };
  });
}

const COUNTRIES = ['FR', 'DE', 'US', 'GB', 'JP', 'BR', 'IN', 'PL'];
const SECTIONS = ['news', 'shop', 'blog', 'help', 'search'];
const TOPICS = ['running-shoes', 'winter-jackets', 'press-release', 'été-2026', 'how-to-return'];
const DEVICES = ['desktop', 'mobile', 'tablet'];
const USER_AGENTS = [
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Chrome/142.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Safari/604.1',
  'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
];
