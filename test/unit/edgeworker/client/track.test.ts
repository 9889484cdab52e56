import { describe, expect, test } from '@jest/globals';
import type { CreateClient } from '../../../../edgeworker/client/api.ts';
import { eventsOf, fakeBrowser } from './fake-browser.ts';

const MINUTE = 60_000;

describe('an event', () => {
  test('is in the browser’s storage before track returns, and leaves it when the collector has accepted it', async () => {
    const browser = fakeBrowser();
    const { client } = browser.open();

    const accepted = client.track({ n: 1 });

    expect(accepted).toBe(true);
    expect(Object.values(browser.storage)).toEqual([expect.stringContaining('"n":1')]);
    await browser.advance(10_000);
    expect(browser.storage).toEqual({});
    expect(eventsOf(browser)).toEqual([{ path: '/', n: 1 }]);
  });

  test('waits for company as long as the page says, and no longer', async () => {
    const browser = fakeBrowser();
    const { client } = browser.open({ waitMs: 2_000 });

    client.track({ n: 1 });
    await browser.advance(1_500);
    client.track({ n: 2 });
    const early = browser.posted.length;
    await browser.advance(600);

    expect([early, browser.posted.length]).toEqual([0, 1]);
    expect(eventsOf(browser).map(({ n }) => n)).toEqual([1, 2]);
  });

  test('goes at once with 99 others, or as the page is hidden', async () => {
    const browser = fakeBrowser();
    const tab = browser.open();

    for (let n = 0; n < 101; n++) tab.client.track({ n });
    const full = browser.posted.length;
    tab.change();

    expect([full, browser.posted.length]).toEqual([1, 2]);
    expect(browser.posted.map(({ body }) => JSON.parse(body).length)).toEqual([100, 1]);
  });

  test('has what the page says of all its events, and its own word where both speak', async () => {
    const browser = fakeBrowser();
    const { client } = browser.open({ defaults: () => ({ path: '/all', session: 's' }) });

    client.track({ path: '/own' });
    client.flush();

    expect(eventsOf(browser)).toEqual([{ path: '/own', session: 's' }]);
  });

  test('has the type of a row; what the client gives by itself may be left out', () => {
    interface Row {
      readonly event_time: string;
      readonly path: string;
      readonly host: string;
      readonly event_name?: string | null;
    }
    const create: CreateClient = (options) => fakeBrowser().open(options).client;

    const client = create<Row>();
    const named = create<Row, 'host'>({ defaults: () => ({ host: 'www.example.com' }) });

    expect(client.track({ host: 'www.example.com', event_name: 'signup' })).toBe(true);
    expect(named.track({ event_time: '2026-11-23T10:00:00Z', path: '/' })).toBe(true);
    // @ts-expect-error The table has no such column.
    client.track({ host: 'www.example.com', event_nam: 'signup' });
    // @ts-expect-error The table wants a host.
    client.track({ event_name: 'signup' });
  });

  test('has the type of its known columns also where the table takes any other field', () => {
    interface Row {
      readonly event_time: string;
      readonly path: string;
      readonly host: string;
      readonly event_name?: string | null;
      readonly [field: string]: unknown;
    }
    const create: CreateClient = (options) => fakeBrowser().open(options).client;

    const client = create<Row>();
    const named = create<Row, 'host'>({ defaults: () => ({ host: 'www.example.com' }) });

    expect(client.track({ host: 'www.example.com', event_name: 'signup', more: [1] })).toBe(true);
    expect(named.track({ event_time: '2026-11-23T10:00:00Z', path: '/', more: [1] })).toBe(true);
    // @ts-expect-error The table wants a host.
    client.track({ event_name: 'signup' });
    // @ts-expect-error A name is a text.
    client.track({ host: 'www.example.com', event_name: 1 });
    // @ts-expect-error So is a path, where a page gives its own.
    client.track({ host: 'www.example.com', path: 1 });
  });

  test.each<[string, object]>([
    ['of more than 16,000 bytes', { text: 'ü'.repeat(8_000) }],
    ['with a cycle', cyclic()],
    ['with a BigInt', { n: 1n }],
    [
      'whose getter throws',
      {
        get n() {
          throw new Error('no');
        },
      },
    ],
  ])('%s is not accepted, and the page is told', async (_what, event) => {
    const browser = fakeBrowser();
    const drops: unknown[] = [];
    const { client } = browser.open({ onDrop: (...drop) => drops.push(drop) });

    const accepted = client.track(event);
    await browser.advance(0);

    expect([accepted, drops, browser.storage]).toEqual([false, [[1, 'unfit']], {}]);
  });

  test('is not accepted while too many wait, and is again when they are through', async () => {
    const browser = fakeBrowser();
    const drops: unknown[] = [];
    const { client } = browser.open({ maxStored: 40_000, onDrop: (...drop) => drops.push(drop) });
    browser.setOnline(false);

    const offline = Array.from({ length: 100 }, () => client.track({ text: 'x'.repeat(1_000) }));
    await browser.advance(MINUTE);
    browser.setOnline(true);
    await browser.advance(MINUTE);

    const accepted = offline.filter(Boolean).length;
    expect(accepted).toBeGreaterThan(38);
    expect(accepted).toBeLessThan(70);
    expect(drops).toEqual(Array(100 - accepted).fill([1, 'full']));
    expect(eventsOf(browser)).toHaveLength(accepted);
    expect(client.track({ n: 1 })).toBe(true);
  });

  test('is not accepted where the site has filled its storage; what was accepted goes out all the same', async () => {
    const browser = fakeBrowser(1_000);
    const { client } = browser.open();

    const accepted = Array.from({ length: 10 }, () => client.track({ text: 'x'.repeat(150) })).filter(Boolean).length;
    await browser.advance(MINUTE);

    expect(accepted).toBe(5);
    expect(eventsOf(browser)).toHaveLength(5);
    expect(browser.storage).toEqual({});
  });
});

function cyclic(): object {
  const event: Record<string, unknown> = {};
  event['self'] = event;
  return event;
}
