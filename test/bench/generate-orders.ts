import { seededValues } from './seeded-values.ts';

/** A row of `ORDER_COLUMNS`. */
export type OrderRow = Readonly<Record<string, unknown>>;

/** What a shop's pages tell of an order: arrays, maps and tuples, and a JSON column for whatever else an event carries. */
export const ORDER_COLUMNS = `
  event_time   DateTime64(3, 'UTC'),
  order_id     UUID,
  event_name   LowCardinality(String),
  customer     Tuple(id String, plan LowCardinality(String), age Nullable(UInt8)),
  position     Tuple(latitude Float64, longitude Float64),
  labels       Map(LowCardinality(String), String),
  tags         Array(LowCardinality(String)),
  steps_ms     Array(UInt32),
  items        Array(Tuple(sku String, quantity UInt16, price Decimal(10, 2))),
  payload      JSON`;

const FIRST_EVENT_MS = Date.UTC(2026, 0, 1);

/**
 * Makes rows of about 700 bytes of JSON each.
 *
 * @param seed the same seed gives the same rows
 */
export function generateOrders(count: number, seed: number): readonly OrderRow[] {
  const { below, pick, once, hex, uuid } = seededValues(seed);
  const some = <T>(most: number, make: () => T): readonly T[] => Array.from({ length: 1 + below(most) }, make);
  return Array.from({ length: count }, (_, index) => ({
    event_time: new Date(FIRST_EVENT_MS + index * 211 + below(211)).toISOString(),
    order_id: uuid(),
    event_name: pick(['basket', 'checkout', 'payment', 'order']),
    customer: { id: hex(12), plan: pick(['free', 'plus', 'business']), age: once(3) ? null : 18 + below(60) },
    position: { latitude: below(180_000) / 1_000 - 90, longitude: below(360_000) / 1_000 - 180 },
    labels: { team: pick(TEAMS), release: `2026.${1 + below(12)}`, ...(once(2) && { experiment: pick(['a', 'b']) }) },
    tags: some(3, () => pick(TAGS)),
    steps_ms: some(5, () => below(30_000)),
    items: some(3, () => ({
      sku: `${pick(TEAMS)}-${hex(6)}`,
      quantity: 1 + below(4),
      price: below(30_000) / 100,
    })),
    payload: {
      app: { name: 'shop', version: `9.${below(9)}.${below(30)}` },
      page: { path: `/checkout/${pick(TEAMS)}`, scroll: below(100) / 100, visible: !once(9) },
      payment: { method: pick(['card', 'transfer', 'voucher']), retries: below(3), wallet: once(2) },
      voucher: once(4) ? { code: hex(8), percent: 5 + below(20) } : null,
      flags: some(3, () => pick(TAGS)),
      note: once(6) ? 'Lieferung bitte an die Hintertür, s’il vous plaît' : null,
    },
  }));
}

const TEAMS = ['shoes', 'jackets', 'outdoor', 'kids'];
const TAGS = ['new', 'sale', 'gift', 'express', 'returning', 'été'];
