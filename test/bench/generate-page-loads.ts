import { seededValues } from './seeded-values.ts';

/** A row of `PAGE_LOAD_COLUMNS`. */
export type PageLoadRow = Readonly<Record<string, string | number | boolean | null>>;

/** How a page loaded at a visitor's, as a script of real user monitoring tells it: 60 columns of mixed types, none nested. */
export const PAGE_LOAD_COLUMNS = `
  event_time       DateTime64(3, 'UTC'),
  page_id          UUID,
  session_id       UUID,
  visitor          FixedString(16),
  site             LowCardinality(String),
  path             String,
  query            Nullable(String),
  referrer         Nullable(String),
  title            String,
  release          LowCardinality(String),
  build            UInt32,
  language         LowCardinality(String),
  country          FixedString(2),
  region           LowCardinality(String),
  city             LowCardinality(String),
  client_network   IPv6,
  edge_address     IPv4,
  asn              UInt32,
  connection       Enum8('4g' = 1, '3g' = 2, 'wifi' = 3, 'wired' = 4),
  downlink         Float32,
  rtt_ms           UInt16,
  save_data        Bool,
  device           Enum8('desktop' = 1, 'mobile' = 2, 'tablet' = 3),
  os               LowCardinality(String),
  os_version       LowCardinality(String),
  browser          LowCardinality(String),
  browser_version  LowCardinality(String),
  user_agent       LowCardinality(String),
  screen_width     UInt16,
  screen_height    UInt16,
  viewport_width   UInt16,
  viewport_height  UInt16,
  pixel_ratio      Float32,
  cores            UInt8,
  memory_gb        Nullable(Float32),
  is_visible       Bool,
  is_repeat        Bool,
  dns_ms           UInt32,
  connect_ms       UInt32,
  tls_ms           Nullable(UInt32),
  ttfb_ms          UInt32,
  first_paint_ms   Nullable(UInt32),
  fcp_ms           Nullable(UInt32),
  lcp_ms           Nullable(UInt32),
  cls              Float64,
  inp_ms           Nullable(UInt32),
  fid_ms           Nullable(Float64),
  dom_ready_ms     UInt32,
  load_ms          UInt32,
  transfer_bytes   UInt64,
  decoded_bytes    UInt64,
  requests         UInt16,
  errors           UInt8,
  long_tasks       UInt16,
  heap_bytes       Nullable(UInt64),
  clock_skew_ms    Int32,
  zone_offset      Int16,
  basket_value     Nullable(Decimal(10, 2)),
  experiment       LowCardinality(Nullable(String)),
  first_seen       Date`;

const FIRST_EVENT_MS = Date.UTC(2026, 0, 1);

/**
 * Makes rows of about 1,300 bytes of JSON each.
 *
 * @param seed the same seed gives the same rows
 */
export function generatePageLoads(count: number, seed: number): readonly PageLoadRow[] {
  const { below, pick, once, hex, uuid } = seededValues(seed);
  return Array.from({ length: count }, (_, index) => {
    const isMobile = once(2);
    const [width, height] = isMobile ? [390, 844] : [1920, 1080];
    const ttfb = 20 + below(600);
    const paint = ttfb + 80 + below(900);
    return {
      event_time: new Date(FIRST_EVENT_MS + index * 53 + below(53)).toISOString(),
      page_id: uuid(),
      session_id: uuid(),
      visitor: hex(16),
      site: pick(['shop', 'news', 'help']),
      path: `/${pick(SECTIONS)}/${pick(TOPICS)}-${below(5_000)}`,
      query: once(3) ? `utm_source=${pick(SECTIONS)}&page=${below(40)}` : null,
      referrer: once(2) ? `https://www.example.com/${pick(SECTIONS)}/` : null,
      title: `${pick(TOPICS)}, ${pick(SECTIONS)} “${below(900)}”`,
      release: `2026.${1 + below(12)}.${below(4)}`,
      build: 48_000 + below(900),
      language: pick(['fr-FR', 'de-DE', 'en-US', 'ja-JP']),
      country: pick(['FR', 'DE', 'US', 'JP']),
      region: pick(['Île-de-France', 'Bayern', 'CA', 'Tokyo']),
      city: pick(['Paris', 'München', 'San José', 'Tokyo']),
      client_network: `2001:db8:${below(65_536).toString(16)}::`,
      edge_address: `23.${32 + below(32)}.${below(256)}.${below(256)}`,
      asn: 1_000 + below(60_000),
      connection: pick(['4g', '3g', 'wifi', 'wired']),
      downlink: below(400) / 4,
      rtt_ms: below(600),
      save_data: once(20),
      device: isMobile ? 'mobile' : 'desktop',
      os: isMobile ? 'iOS' : 'Windows',
      os_version: isMobile ? '18.5' : '11',
      browser: isMobile ? 'Safari' : 'Chrome',
      browser_version: isMobile ? '18.5' : '142.0',
      user_agent: pick(USER_AGENTS),
      screen_width: width,
      screen_height: height,
      viewport_width: width - below(40),
      viewport_height: height - below(200),
      pixel_ratio: isMobile ? 3 : 1.25,
      cores: 2 + 2 * below(8),
      memory_gb: isMobile ? null : 8,
      is_visible: !once(9),
      is_repeat: once(3),
      dns_ms: below(80),
      connect_ms: below(120),
      tls_ms: once(5) ? null : below(150),
      ttfb_ms: ttfb,
      first_paint_ms: once(10) ? null : paint,
      fcp_ms: once(10) ? null : paint + below(60),
      lcp_ms: once(4) ? null : paint + below(2_000),
      cls: below(4_000) / 10_000,
      inp_ms: once(3) ? null : 8 + below(400),
      fid_ms: once(3) ? null : below(90_000) / 1_000,
      dom_ready_ms: paint + below(800),
      load_ms: paint + 500 + below(4_000),
      transfer_bytes: 40_000 + below(3_000_000),
      decoded_bytes: 200_000 + below(9_000_000),
      requests: 8 + below(200),
      errors: once(12) ? below(9) : 0,
      long_tasks: below(14),
      heap_bytes: isMobile ? null : 9_000_000 + below(90_000_000),
      clock_skew_ms: below(4_000) - 2_000,
      zone_offset: pick(['FR', 'DE']) === 'FR' ? -60 : 540,
      basket_value: once(4) ? below(90_000) / 100 : null,
      experiment: once(3) ? pick(['header-a', 'header-b']) : null,
      first_seen: new Date(FIRST_EVENT_MS - below(400) * 86_400_000).toISOString().slice(0, 10),
    };
  });
}

const SECTIONS = ['news', 'shop', 'blog', 'help', 'search'];
const TOPICS = ['running-shoes', 'winter-jackets', 'press-release', 'été-2026', 'how-to-return'];
const USER_AGENTS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Safari/604.1',
];
