import { describe, expect, test } from '@jest/globals';
import {
  ACCEPTED,
  answered,
  answeredOnTheWay,
  eventsOf,
  fakeBrowser,
  STORED_LATE,
  UNHEARD,
  UNREACHABLE,
} from './fake-browser.ts';

const MINUTE = 60_000;

describe('a batch', () => {
  test.each([
    ['503', answered(503)],
    ['429', answered(429)],
    ['403, as before the origin is allowed', answered(403)],
    ['200 from somebody else', answeredOnTheWay(200)],
    ['400 from somebody else', answeredOnTheWay(400)],
    ['413 from somebody else', answeredOnTheWay(413)],
    ['an answer that nobody hears', UNHEARD],
    ['no network', UNREACHABLE],
  ])(
    'that meets %s is sent again, under the same id with the same bytes, until it is accepted',
    async (_what, fate) => {
      const browser = fakeBrowser();
      const attempts: string[] = [];
      const { client } = browser.open();
      browser.meet(() => fate);

      client.track({ n: 1 });
      client.flush();
      const [stored] = Object.keys(browser.storage);
      await browser.advance(MINUTE);
      attempts.push(...browser.posted.map(({ id }) => id));
      browser.meet(() => ACCEPTED);
      await browser.advance(2 * MINUTE);

      expect(new Set(browser.posted.map(({ id, body }) => id + body)).size).toBe(1);
      expect(stored).toMatch(new RegExp(`${browser.posted[0]?.id}$`));
      expect(attempts.length).toBe(fate === UNHEARD ? 7 : 0);
      expect(browser.storage).toEqual({});
    },
  );

  test('waits as long as Retry-After says, an hour at most, and a little longer by chance', async () => {
    const browser = fakeBrowser();
    const { client } = browser.open();
    const start = browser.now();
    const fates = [answered(503, '120'), answered(503, '999999'), ACCEPTED];
    const asked: number[] = [];
    browser.meet(() => {
      asked.push(browser.now() - start);
      return fates[asked.length - 1] ?? ACCEPTED;
    });

    client.track({ n: 1 });
    client.flush();
    await browser.advance(180 * MINUTE);

    expect(asked).toEqual([0, 120_800, 3_722_350]);
  });

  test('that the collector will never take is dropped, and the page is told how many events that were', async () => {
    const browser = fakeBrowser();
    const drops: unknown[] = [];
    const { client } = browser.open({ onDrop: (...drop) => drops.push(drop) });
    browser.meet(() => answered(422));

    for (const n of [1, 2, 3]) client.track({ n });
    await browser.advance(MINUTE);

    expect([drops, browser.storage]).toEqual([[[3, 'refused']], {}]);
  });

  test.each([0, 1, 2, 3])(
    'that something on the way never lets through holds up no other, as number %i',
    async (place) => {
      const browser = fakeBrowser();
      const { client } = browser.open();
      const words = ['good', 'fine', 'nice'].toSpliced(place, 0, 'evil');
      browser.meet(() => UNREACHABLE);
      for (const word of words) {
        client.track({ word });
        client.flush();
        await browser.advance(1);
      }
      const evil = Object.keys(browser.storage).find((key) => browser.storage[key]?.includes('evil'));

      browser.meet((body) => (body.includes('evil') ? answered(403) : ACCEPTED));
      await browser.advance(5 * MINUTE);

      expect(Object.keys(browser.storage)).toEqual([evil]);
      expect(
        eventsOf(browser)
          .map(({ word }) => word)
          .sort(),
      ).toEqual(['fine', 'good', 'nice']);
    },
  );

  test('of a page that crashed is sent by the next one, which leaves it alone for as long as that page could add to it', async () => {
    const browser = fakeBrowser();
    const crashed = browser.open();
    crashed.client.track({ n: 1 });
    crashed.kill();

    browser.open();
    await browser.advance(14_000);
    const early = browser.posted.length;
    await browser.advance(20_000);

    expect([early, eventsOf(browser)]).toEqual([0, [{ path: '/', n: 1 }]]);
  });

  test('gets nothing added after ten seconds, however long its page’s timers stood still', async () => {
    const browser = fakeBrowser();
    const slept = browser.open();
    slept.client.track({ n: 1 });
    slept.freeze();
    browser.open();
    await browser.advance(MINUTE);

    slept.thaw();
    slept.client.track({ n: 2 });
    await browser.advance(MINUTE);

    expect(browser.posted.map(({ body }) => JSON.parse(body))).toEqual([[{ path: '/', n: 1 }], [{ path: '/', n: 2 }]]);
  });

  test.each([
    ['is sent again within ten minutes', 9 * MINUTE, 2, []],
    [
      'is told as expired later: it may be stored, and ClickHouse may have forgotten it',
      11 * MINUTE,
      1,
      [[1, 'expired']],
    ],
  ])('whose page went away before the answer %s', async (_what, away, sent, told) => {
    const browser = fakeBrowser();
    const drops: unknown[] = [];
    const closed = browser.open();
    closed.client.track({ n: 1 });
    closed.change();
    closed.kill();

    await browser.advance(away);
    browser.open({ onDrop: (...drop) => drops.push(drop) });
    await browser.advance(MINUTE / 2);

    expect([browser.posted.length, drops, browser.storage]).toEqual([sent, told, {}]);
  });

  test('that never arrived is lost, and told, where its page went away while it sent and the next comes eleven minutes later', async () => {
    const browser = fakeBrowser();
    const drops: unknown[] = [];
    browser.meet(() => UNREACHABLE);
    const closed = browser.open();
    closed.client.track({ n: 1 });
    closed.change();
    closed.kill();

    await browser.advance(11 * MINUTE);
    browser.meet(() => ACCEPTED);
    browser.open({ onDrop: (...drop) => drops.push(drop) });
    await browser.advance(MINUTE);

    expect([browser.posted, drops, browser.storage]).toEqual([[], [[1, 'expired']], {}]);
  });

  test('is sent again for a week where its page went away while it sent, and the next one saw it fail within ten minutes', async () => {
    const browser = fakeBrowser();
    browser.meet(() => answered(503));
    const closed = browser.open();
    closed.client.track({ n: 1 });
    closed.change();
    closed.kill();

    browser.open();
    await browser.advance(24 * 60 * MINUTE);
    browser.meet(() => ACCEPTED);
    await browser.advance(2 * MINUTE);

    expect([eventsOf(browser), browser.storage]).toEqual([[{ path: '/', n: 1 }], {}]);
  });

  test.each([
    ['answer was lost', UNHEARD],
    ['answer came too late for the collector', STORED_LATE],
  ])(
    'whose %s is sent again for a week where its page saw it fail, though ClickHouse may have forgotten it',
    async (_what, fate) => {
      const browser = fakeBrowser();
      browser.meet(() => fate);
      const { client } = browser.open();
      client.track({ n: 1 });
      client.flush();
      await browser.advance(50);

      browser.meet(() => UNREACHABLE);
      await browser.advance(6 * 24 * 60 * MINUTE);
      browser.meet(() => ACCEPTED);
      await browser.advance(2 * MINUTE);

      const [first, second, ...others] = browser.posted;
      expect([others, browser.storage]).toEqual([[], {}]);
      expect([first?.id, first?.body]).toEqual([second?.id, second?.body]);
    },
  );

  test('that somebody else has written over is dropped like any other that is refused, and holds up none', async () => {
    const browser = fakeBrowser();
    const drops: unknown[] = [];
    browser.setOnline(false);
    const { client } = browser.open({ onDrop: (...drop) => drops.push(drop) });
    for (const n of [1, 2]) {
      client.track({ n });
      client.flush();
    }
    const [key = ''] = Object.keys(browser.storage);
    browser.storage[key] = 'x'.repeat(40);
    browser.meet((body) => (body.includes('x') ? answered(400) : ACCEPTED));

    browser.setOnline(true);
    await browser.advance(MINUTE);

    expect([drops, browser.storage]).toEqual([[[0, 'refused']], {}]);
    expect(eventsOf(browser)).toEqual([{ path: '/', n: 2 }]);
  });

  test('that was never sent is sent a day later', async () => {
    const browser = fakeBrowser();
    browser.setOnline(false);
    const closed = browser.open();
    closed.client.track({ n: 1 });
    closed.change();
    closed.kill();

    await browser.advance(24 * 60 * MINUTE);
    browser.setOnline(true);
    browser.open();
    await browser.advance(MINUTE);

    expect(eventsOf(browser)).toEqual([{ path: '/', n: 1 }]);
  });
});

test('a batch that another page had accepted meanwhile does not come back', async () => {
  const browser = fakeBrowser();
  const slow = browser.open();
  browser.meet(() => ({ ...UNHEARD, afterMs: 20_000 }));
  slow.client.track({ n: 1 });
  slow.client.flush();
  await browser.advance(16_000);

  browser.meet(() => ACCEPTED);
  browser.open();
  await browser.advance(1_000);
  const meanwhile = Object.keys(browser.storage).length;
  await browser.advance(MINUTE);

  expect([meanwhile, browser.storage, browser.posted.length]).toEqual([0, {}, 2]);
});

test('a batch that nobody has accepted for a week is told as expired', async () => {
  const browser = fakeBrowser();
  const drops: unknown[] = [];
  const { client } = browser.open({ onDrop: (...drop) => drops.push(drop) });
  browser.meet(() => answered(403, '3600'));

  client.track({ n: 1 });
  await browser.advance(6 * 24 * 60 * MINUTE);
  const early = drops.length;
  await browser.advance(2 * 24 * 60 * MINUTE);

  expect([early, drops, browser.storage]).toEqual([0, [[1, 'expired']], {}]);
});

test('at most 64 KiB are under way, all that a page may have which goes away, and after a failure one batch', async () => {
  const browser = fakeBrowser();
  const { client } = browser.open();
  const underWay = () => Object.values(browser.storage).filter((value) => /^[1-9]/.test(value ?? '')).length;
  browser.meet(() => answered(503));

  for (let n = 0; n < 1_000; n++) client.track({ n, text: 'x'.repeat(400) });
  const first = underWay();
  await browser.advance(49);
  await browser.advance(1);
  const failed = underWay();
  await browser.advance(2_000);
  const again: number[] = [];
  for (let step = 0; step < 60; step++) {
    await browser.advance(500);
    again.push(underWay());
  }

  expect([first, failed]).toEqual([4, 0]);
  expect(Math.max(...again)).toBeLessThanOrEqual(1);
  for (const value of Object.values(browser.storage)) expect(Buffer.byteLength(value ?? '')).toBeLessThan(65_536 / 4);
});
