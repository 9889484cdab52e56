import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { config } from '#config';
import { seeded } from '../../local/seeded.ts';
import { type Stack, startStack } from '../../local/start-stack.ts';
import { queryStack } from '../integration/support/query-stack.ts';
import { CHROMIUM, launchChromium } from './support/chromium.ts';
import { type SiteFront, startSiteFront, type Weather } from './support/site-front.ts';
import { openVisitor, type Visitor } from './support/visitor.ts';

const EVENTS = Number(process.env['EDGEHOUSE_EVENTS'] ?? 10_000);
const SEED = Number(process.env['EDGEHOUSE_SEED'] ?? Date.now() % 1_000_000);

const inChromium = CHROMIUM === undefined ? describe.skip : describe;
if (CHROMIUM === undefined) console.log('skipped: no Chromium');

let folder: string;
let stack: Stack;
let browser: Browser;
/** The site whose pages post, and another host of the same edge. */
let site: SiteFront;
let elsewhere: SiteFront;

inChromium('a page in Chromium', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'edgehouse-browser-'));
    site = await startSiteFront();
    elsewhere = await startSiteFront();
    const edge = { ...config.edge, allowedOrigins: [site.url] };
    stack = await startStack({ config: { ...config, edge }, dataDir: join(folder, 'data'), say: () => {} });
    site.setEdge(stack.ready.edge);
    elsewhere.setEdge(stack.ready.edge);
    browser = await launchChromium();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await site?.close();
    await elsewhere?.close();
    await stack?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
  });

  test(`has each of ${EVENTS} accepted events stored exactly once (seed ${SEED})`, async () => {
    const run = `all-${SEED}`;
    const random = seeded(SEED);
    const below = (limit: number) => Math.floor(random() * limit);
    const visitor = await openVisitor(await browser.newContext(), site.url, { run });
    const steps = shuffled(PLAN, random);

    for (const step of steps) {
      for (let half = 0; half < 2; half++) await visitor.track(below(3), Math.ceil(EVENTS / steps.length / 2));
      await STEPS[step](visitor, below(3));
    }
    await visitor.settle();
    await stack.queue.drained();

    expect(visitor.accepted.size).toBeGreaterThanOrEqual(EVENTS);
    expect(mistakes(await storedOf(run), visitor)).toEqual(NO_MISTAKES);
    const batches = new Set(site.seen.map(({ id }) => id)).size;
    expect(new Set(site.seen.map(({ id, body }) => id + body)).size).toBe(batches);
    expect(site.seen.length).toBeGreaterThan(batches);
    console.log(
      `seed ${SEED}: ${visitor.accepted.size} events in ${batches} batches, sent in ${site.seen.length} requests; ` +
        `${visitor.cachedPages} pages came out of the back/forward cache`,
    );
  }, 180_000);

  test('goes on where it was when it comes back out of the back/forward cache', async () => {
    const run = `back-${SEED}`;
    const visitor = await openVisitor(await browser.newContext(), site.url, { run });

    await visitor.track(0, 5);
    await visitor.goBack(0);
    await visitor.track(0, 5);
    await visitor.readNotes();

    expect(visitor.cachedPages).toBe(1);
    expect(visitor.accepted.size).toBe(12);
    expect(mistakes(await allStored(run, visitor), visitor)).toEqual(NO_MISTAKES);
  });

  test('of an origin that is allowed posts to another host, and is never asked for a preflight', async () => {
    const run = `elsewhere-${SEED}`;
    const visitor = await openVisitor(await browser.newContext(), site.url, {
      run,
      collector: `${elsewhere.url}/collect`,
    });

    await visitor.track(0, 150);
    await visitor.navigate(0);
    await visitor.track(0, 50);
    await visitor.readNotes();

    expect(visitor.accepted.size).toBe(201);
    expect(mistakes(await allStored(run, visitor), visitor)).toEqual(NO_MISTAKES);
    expect(new Set(elsewhere.seen.map(({ method }) => method))).toEqual(new Set(['POST']));
  });

  test('has its events stored also where something on the way refused them at first, as if they were too many', async () => {
    const run = `refused-${SEED}`;
    const context = await browser.newContext();
    const visitor = await openVisitor(context, site.url, { run });
    const refused = context.waitForEvent('response', (response) => response.status() === 413);
    site.setWeather('refused-on-the-way');

    await visitor.track(0, 5);
    await refused;
    site.setWeather('fair');

    expect(mistakes(await allStored(run, visitor), visitor)).toEqual(NO_MISTAKES);
  });

  test('of an origin that is allowed drops what the collector of another host refuses', async () => {
    const context = await browser.newContext();
    const query = { run: `unfit-${SEED}`, collector: `${elsewhere.url}/collect` };
    const refused = context.waitForEvent('response', (response) => response.status() === 422);
    await openVisitor(context, site.url, query);
    const [page] = context.pages();

    await page?.evaluate('client.track({ event_name: "unfit", event_value: "no number" })');
    await refused;

    await page?.waitForFunction('!Object.keys(localStorage).some((key) => key.startsWith("edgehouse "))');
  });

  test('of an origin that is not allowed has nothing stored, and keeps what it has', async () => {
    const run = `stranger-${SEED}`;
    const context = await browser.newContext();
    const strange = site.url.replace('127.0.0.1', 'localhost');
    const refused = context.waitForEvent('requestfailed');
    const visitor = await openVisitor(context, strange, { run, collector: `${site.url}/collect` });

    await visitor.track(0, 5);
    await refused;

    const [page] = context.pages();
    expect(await page?.evaluate('Object.values(localStorage).join().split("event_value").length - 1')).toBe(5);
    expect(await storedOf(run)).toEqual([]);
  });

  test('that may store nothing has its events stored all the same, while it lives', async () => {
    const run = `private-${SEED}`;
    const context = await browser.newContext();
    await context.addInitScript(
      'Object.defineProperty(window, "localStorage", { get() { throw new DOMException("no", "SecurityError"); } })',
    );
    const visitor = await openVisitor(context, site.url, { run });

    await visitor.track(0, 5);

    expect(mistakes(await allStored(run, visitor), visitor)).toEqual(NO_MISTAKES);
  });
});

type Step = 'navigate' | 'back' | 'close' | 'crash' | 'offline' | 'outage' | 'answers-lost' | 'batches-lost';

/** How often each comes, in an order that the seed makes. */
const PLAN: readonly (readonly [step: Step, times: number])[] = [
  ['navigate', 8],
  ['back', 4],
  ['close', 6],
  ['crash', 3],
  ['offline', 2],
  ['outage', 2],
  ['answers-lost', 2],
  ['batches-lost', 2],
];

const STEPS: Readonly<Record<Step, (visitor: Visitor, tab: number) => Promise<void>>> = {
  navigate: (visitor, tab) => visitor.navigate(tab),
  back: (visitor, tab) => visitor.goBack(tab),
  close: (visitor, tab) => visitor.close(tab),
  crash: (visitor, tab) => visitor.crash(tab),
  offline: (visitor, tab) => visitor.goOffline(tab, 20),
  outage: (visitor, tab) => duringWeather('outage', visitor, tab),
  'answers-lost': (visitor, tab) => duringWeather('answers-lost', visitor, tab),
  'batches-lost': (visitor, tab) => duringWeather('batches-lost', visitor, tab),
};

async function duringWeather(weather: Weather, visitor: Visitor, tab: number): Promise<void> {
  site.setWeather(weather);
  for (let other = 0; other < 3; other++) await visitor.track(other, 40);
  await visitor.navigate(tab);
  await visitor.close(tab + 1);
  site.setWeather('fair');
}

function shuffled(plan: readonly (readonly [step: Step, times: number])[], random: () => number): readonly Step[] {
  return plan
    .flatMap(([step, times]) => Array.from({ length: times }, () => ({ step, place: random() })))
    .sort((a, b) => a.place - b.place)
    .map(({ step }) => step);
}

type Stored = readonly (readonly [number: number, rows: number])[];

/** The events of a run, and how often each is in the table. */
async function storedOf(run: string): Promise<Stored> {
  const rows = await queryStack(
    stack.ready,
    `SELECT toUInt64(event_value) AS number, count() FROM edgehouse.web_events WHERE event_name = '${run}' GROUP BY number`,
  );
  return rows.map(([number, count]) => [Number(number), Number(count)]);
}

const LOOK_AGAIN_MS = 50;

/** Waits until as many events are there as the browser accepted. The test's own time limit ends it. */
async function allStored(run: string, { accepted }: Visitor): Promise<Stored> {
  for (;;) {
    const stored = await storedOf(run);
    if (stored.length >= accepted.size) return stored;
    await pause(LOOK_AGAIN_MS);
  }
}

const NO_MISTAKES = { missing: [], repeated: [], unknown: [] };

function mistakes(stored: Stored, { accepted }: Visitor) {
  const numbers = new Set(stored.map(([number]) => number));
  return {
    missing: [...accepted].filter((number) => !numbers.has(number)),
    repeated: stored.filter(([, rows]) => rows > 1),
    unknown: [...numbers].filter((number) => !accepted.has(number)),
  };
}
