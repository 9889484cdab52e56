import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ACCEPTED, answered, type Fate, fakeBrowser, type Tab, UNHEARD, UNREACHABLE } from './fake-browser.ts';

const RUNS = Number(process.env['EDGEHOUSE_RUNS'] ?? 300);
const MINUTE = 60_000;

type Step =
  | { readonly kind: 'track'; readonly tab: number; readonly events: number; readonly size: number }
  | { readonly kind: 'advance'; readonly milliseconds: number }
  | { readonly kind: 'open' }
  | { readonly kind: 'close' | 'crash' | 'change' | 'freeze' | 'thaw'; readonly tab: number }
  | { readonly kind: 'network'; readonly isOnline: boolean }
  | { readonly kind: 'fates'; readonly fates: readonly Fate[] };

const tab = fc.nat(3);
const fate = fc
  .constantFrom(ACCEPTED, UNHEARD, UNREACHABLE, answered(503), answered(429, '3'), answered(403), answered(200))
  .chain((kind) => fc.integer({ min: 1, max: 14_000 }).map((afterMs) => ({ ...kind, afterMs })));
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('track'),
      tab,
      events: fc.integer({ min: 1, max: 150 }),
      size: fc.nat(2_000),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('advance'), milliseconds: fc.nat(30_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('open') }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('close', 'crash', 'change', 'freeze', 'thaw'), tab }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('network'), isOnline: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('fates'), fates: fc.array(fate, { minLength: 1, maxLength: 6 }) }),
  },
);

test('every event that was accepted is stored exactly once, whatever becomes of pages, network and collector', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      const browser = fakeBrowser();
      const options = { maxStored: 2_000_000, resendForMs: Number.POSITIVE_INFINITY };
      const tabs: Tab[] = [browser.open(options)];
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
            tabs.push(browser.open(options));
            break;
          case 'close':
          case 'crash':
            if (taken.kind === 'close') chosen?.change();
            chosen?.kill();
            tabs.splice(taken.tab % tabs.length, 1, browser.open(options));
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
      // A visitor who comes back later, in calm weather.
      for (const { kill } of tabs) kill();
      browser.meet(() => ACCEPTED);
      browser.setOnline(true);
      browser.open(options);
      await browser.advance(10 * MINUTE);

      // Ingest stores a batch of one id and one body once.
      const bodies = new Map(browser.posted.map(({ id, body }) => [id + body, body]));
      const stored = [...bodies.values()].flatMap((body): { n: number }[] => JSON.parse(body)).map(({ n }) => n);
      expect(stored.sort((a, b) => a - b)).toEqual(accepted);
      expect(new Set(browser.posted.map(({ id }) => id)).size).toBe(bodies.size);
      expect(browser.storage).toEqual({});
    }),
    { numRuns: RUNS },
  );
}, 300_000);
