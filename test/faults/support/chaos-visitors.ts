import { KEY_VARIABLE } from './chaos-bundles.ts';
import type { Draw } from './chaos-random.ts';
import { SECRET } from './chaos-world.ts';

/** Who asks, as Akamai may describe them: any member may be missing, and headers hold whatever a client sends. */
export interface VisitorFacts {
  readonly facts: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly variables: Readonly<Record<string, string>>;
  /** What a missing header is: types and documents differ. */
  readonly missing: null | undefined;
  /** All variables together have as many characters as they may. */
  readonly variablesFull: boolean;
  readonly status: unknown;
}

const TEXTS = [
  '',
  ' ',
  'plain',
  'x'.repeat(600),
  'x'.repeat(20_000),
  `${'x'.repeat(511)}\u{1f600}`,
  '\ud800',
  '\u0000\u0001\u007f',
  '"quoted\\"',
  '\u2028\u2029',
  'żółw',
  '__proto__',
  '</script><script>',
  "'; DROP TABLE web_events; --",
  '%00%ff%zz',
  '=;=;=,',
];
const ADDRESSES = [
  '203.0.113.7',
  '2001:db8::1',
  '::ffff:203.0.113.9',
  '::',
  '1.2.3',
  '999.1.1.1',
  'fe80::1%eth0',
  'not an address',
  '',
  '0:0:0:0:0:0:0:0:0',
];
const PLACES = ['US', 'reserved', '', 'São Paulo', '\ud800', '12.5', 'NaN'];
const MEMBERS = ['country', 'region', 'city', 'continent', 'zipCode', 'dma', 'timezone', 'latitude', 'longitude'];
/** Of 32 characters or more, or too short to be one. */
const ADDRESS_KEYS = [`${SECRET}, one of the property`, `${SECRET}, another of the property`, SECRET];
/** All but the last two are numbers of bytes. */
const LENGTHS = ['0', '512', '9'.repeat(15), '9'.repeat(16), '-1'];
const PATHS = ['/', '/checkout', '/a'.repeat(4_000), '/%00', '//', '/../..', '/\u{1f600}', '?'];

export function drawVisitor(draw: Draw): VisitorFacts {
  const text = () => draw.pick(TEXTS);
  const maybe = (value: unknown): unknown => (draw.chance(0.2) ? draw.pick([null, undefined]) : value);
  const device = { isMobile: maybe(draw.chance(0.5)), isTablet: maybe(draw.chance(0.5)), os: maybe(text()) };
  // Akamai's own words, so not as long as a client's may be.
  const location = Object.fromEntries(MEMBERS.map((member) => [member, maybe(draw.pick(PLACES))]));
  return {
    facts: {
      method: maybe('GET'),
      scheme: maybe('https'),
      host: maybe('www.site.example'),
      path: maybe(draw.pick(PATHS)),
      query: maybe(draw.pick(['', 'a=1', `q=${text()}`])),
      url: maybe('/'),
      cpCode: maybe(draw.int(0, 999_999)),
      clientIp: maybe(draw.pick(ADDRESSES)),
      userLocation: maybe(location),
      device: maybe(device),
    },
    headers: drawHeaders(draw, text),
    variables: {
      ...(draw.chance(0.3)
        ? { PMUSER_EVENT_TIME: draw.pick(['2026-11-23T10:00:00Z', 'yesterday', text()]), PMUSER_GRN: text() }
        : {}),
      ...(draw.chance(0.5) ? { PMUSER_PLAN: text() } : {}),
      ...(draw.chance(0.8) ? { [KEY_VARIABLE]: draw.pick(ADDRESS_KEYS) } : {}),
    },
    missing: draw.pick([null, undefined]),
    variablesFull: draw.chance(0.1),
    status: maybe(draw.pick([200, 204, 404, 500, 0, -1, Number.NaN])),
  };
}

function drawHeaders(draw: Draw, text: () => string): Readonly<Record<string, readonly string[]>> {
  const headers: Record<string, readonly string[]> = {};
  for (const name of ['user-agent', 'referer', 'cookie', 'accept-language', 'content-length']) {
    if (draw.chance(0.7)) headers[name] = draw.chance(0.1) ? [] : draw.chance(0.1) ? [text(), text()] : [text()];
  }
  if (draw.chance(0.5)) headers['cookie'] = [`a=b; sid=${draw.pick(['1', '2', '3', text()])}`];
  if (draw.chance(0.3)) headers['content-length'] = [draw.pick(LENGTHS)];
  return headers;
}
