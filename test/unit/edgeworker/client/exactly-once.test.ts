import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { QueueOptions } from '../../../../edgeworker/client/batch-queue.ts';
import {
  ACCEPTED,
  type Attempt,
  answered,
  answeredOnTheWay,
  type FakeBrowser,
  type Fate,
  fakeBrowser,
  STORED_LATE,
  type Tab,
  UNHEARD,
  UNREACHABLE,
} from './fake-browser.ts';

const RUNS = Number(process.env['EDGEHOUSE_RUNS'] ?? 300);
const MINUTE = 60_000;
/** The default of `resendForMs`. */
const RESEND_MS = 10 * MINUTE;
/** What ClickHouse keeps of batches at the stream's declared peak (clickhouse/deduplication-windows.ts). */
const REMEMBERED_MS = 12 * MINUTE;

type Step =
  | { readonly kind: 'track'; readonly tab: number; readonly events: number; readonly size: number }
  | { readonly kind: 'advance'; readonly milliseconds: number }
  | { readonly kind: 'open' }
  | { readonly kind: 'close' | 'crash' | 'change' | 'freeze' | 'thaw'; readonly tab: number }
  | { readonly kind: 'network'; readonly isOnline: boolean }
  | { readonly kind: 'fates'; readonly fates: readonly Fate[] };

const tab = fc.nat(3);
const fate = fc
  .constantFrom(
    ACCEPTED,
    UNHEARD,
    STORED_LATE,
    UNREACHABLE,
    answered(503),
    answered(429, '3'),
    answered(403),
    answeredOnTheWay(200),
    answeredOnTheWay(413),
  )
  .chain((kind) => fc.integer({ min: 1, max: 14_000 }).map((afterMs) => ({ ...kind, afterMs })));
const step = (mostMs: number): fc.Arbitrary<Step> =>
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('track'),
        tab,
        events: fc.integer({ min: 1, max: 150 }),
        size: fc.nat(2_000),
      }),
    },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('advance'), milliseconds: fc.nat(mostMs) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('open') }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('close', 'crash', 'change', 'freeze', 'thaw'), tab }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('network'), isOnline: fc.boolean() }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('fates'), fates: fc.array(fate, { minLength: 1, maxLength: 6 }) }),
    },
  );

/** A visit, and at its end the same visitor in calm weather. */
async function visit(steps: readonly Step[], options: QueueOptions) {
  const browser = fakeBrowser();
  const dropped: (readonly [events: number, reason: string])[] = [];
  const all = { maxStored: 2_000_000, onDrop: (...drop: readonly [number, string]) => dropped.push(drop), ...options };
  const tabs: Tab[] = [browser.open(all)];
  const accepted: number[] = [];
  let made = 0;

  for (const taken of steps) {
    const chosen = 'tab' in taken ? tabs[taken.tab % tabs.length] : undefined;
    switch (taken.kind) {
      case 'track':
        for (let event = 0; event < taken.events; event++) {
          made += 1;
          if (chosen?.client.track({ n: made, text: 'x'.repeat(taken.size) })) accepted.push(made);
        }
        break;
      case 'advance':
        await browser.advance(taken.milliseconds);
        break;
      case 'open':
        tabs.push(browser.open(all));
        break;
      case 'close':
      case 'crash':
        if (taken.kind === 'close') chosen?.change();
        chosen?.kill();
        tabs.splice(taken.tab % tabs.length, 1, browser.open(all));
        break;
      case 'change':
      case 'freeze':
      case 'thaw':
        chosen?.[taken.kind]();
        break;
      case 'network':
        browser.setOnline(taken.isOnline);
        break;
      case 'fates': {
        const { fates } = taken;
        let asked = 0;
        browser.meet(() => fates[asked++ % fates.length] ?? ACCEPTED);
        break;
      }
      default:
        taken satisfies never;
    }
  }
  for (const { kill } of tabs) kill();
  browser.meet(() => ACCEPTED);
  browser.setOnline(true);
  browser.open(all);
  await browser.advance(10 * MINUTE);

  expect(browser.storage).toEqual({});
  // A batch never changes once it was sent.
  const bodies = new Map(browser.attempts.map(({ id, body }) => [id, body]));
  for (const { id, body } of browser.attempts) expect(body).toBe(bodies.get(id));
  return { browser, accepted, dropped };
}

/** What ClickHouse stores of all that arrived: a batch that it still remembers it does not store again. */
function storedBatches({ posted }: FakeBrowser, remembersMs: number): readonly Attempt[] {
  const storedAt = new Map<string, number>();
  return posted.filter(({ id, at }) => {
    const before = storedAt.get(id);
    if (before !== undefined && at - before <= remembersMs) return false;
    storedAt.set(id, at);
    return true;
  });
}

function numbersIn({ body }: Attempt): readonly number[] {
  const events: readonly { readonly n: number }[] = JSON.parse(body);
  return events.map(({ n }) => n);
}

test('every event that was accepted is stored exactly once by a table that forgets nothing, whatever becomes of pages, network and collector', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step(30_000), { minLength: 5, maxLength: 60 }), async (steps) => {
      const { browser, accepted } = await visit(steps, { resendForMs: Number.POSITIVE_INFINITY });

      const stored = storedBatches(browser, Number.POSITIVE_INFINITY).flatMap(numbersIn);
      expect(stored.sort((a, b) => a - b)).toEqual(accepted);
    }),
    { numRuns: RUNS },
  );
}, 300_000);

test('with the default and a table that forgets after 12 minutes only what the docs say is lost, and told, or stored twice', async () => {
  const seen = { lost: 0, repeated: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(step(20 * MINUTE), { minLength: 5, maxLength: 60 }), async (steps) => {
      const { browser, accepted, dropped } = await visit(steps, {});

      const batches = storedBatches(browser, REMEMBERED_MS);
      const stored = new Set(batches.flatMap(numbersIn));
      const lost = accepted.filter((number) => !stored.has(number));
      const expired = dropped.reduce((sum, [events, reason]) => sum + (reason === 'expired' ? events : 0), 0);
      expect([...stored].filter((number) => !accepted.includes(number))).toEqual([]);
      expect(lost.length).toBeLessThanOrEqual(expired);
      // Its page went away in the middle of sending, and for longer than `resendForMs` no page heard of it.
      for (const number of lost) {
        const tried = browser.attempts.filter((attempt) => numbersIn(attempt).includes(number));
        const isUnheard = (since: number) =>
          tried.every(({ heardAt = Number.POSITIVE_INFINITY }) => heardAt < since || heardAt > since + RESEND_MS);
        expect(tried.some(({ at }) => isUnheard(at))).toBe(true);
      }
      // Its first answer was lost or came too late, a page saw that, and none got it through while it was remembered.
      const repeated = batches.filter((batch, place) => batches.findIndex(({ id }) => id === batch.id) < place);
      for (const { id, at } of repeated) {
        const before = browser.attempts.filter((attempt) => attempt.id === id && attempt.at < at);
        expect(before.some(({ heardAt = Number.POSITIVE_INFINITY }) => heardAt <= at)).toBe(true);
      }
      seen.lost += lost.length;
      seen.repeated += repeated.length;
    }),
    { numRuns: RUNS },
  );
  // Else the bounds were never tried.
  if (RUNS >= 300) expect(Math.min(seen.lost, seen.repeated)).toBeGreaterThan(0);
}, 300_000);
