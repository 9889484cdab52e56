import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { config } from '#config';
import { closeServer, listen } from '../../local/listen.ts';
import { type Stack, startStack } from '../../local/start-stack.ts';
import { countEvents } from '../integration/support/edge-client-batch.ts';
import { CHROMIUM, launchChromium } from './support/chromium.ts';

const inChromium = CHROMIUM === undefined ? describe.skip : describe;
if (CHROMIUM === undefined) console.log('skipped: no Chromium');

const TIME = '2026-11-23T10:00:00.123Z';

let folder: string;
let stack: Stack;
let browser: Browser;
let site: Server;
let page: Page;
/** Of another site, which the config does not name. */
let stranger: Page;

inChromium('a page of another origin than the collector', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'edgehouse-cors-'));
    site = createServer((_message, response) =>
      response.setHeader('content-type', 'text/html').end('<title>x</title>'),
    );
    const origin = await listen(site, 0);
    const { collector } = config.edge;
    const visitorRate = { batchesPerMinute: 10, kilobytesPerMinute: 8_192 };
    const edge = {
      ...config.edge,
      allowedOrigins: [origin],
      ...(collector && { collector: { ...collector, visitorRate } }),
    };
    stack = await startStack({ config: { ...config, edge }, dataDir: join(folder, 'data'), say: () => {} });
    browser = await launchChromium();
    page = await browser.newPage();
    await page.goto(origin);
    stranger = await browser.newPage();
    await stranger.goto(origin.replace('127.0.0.1', 'localhost'));
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    if (site !== undefined) await closeServer(site);
    await stack?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each([
    ['JSON', 'application/json', (name: string) => JSON.stringify([{ event_time: TIME, path: '/', event_name: name }])],
    ['CSV', 'text/csv', (name: string) => `event_time,path,event_name\n${TIME},/,${name}\n`],
  ])('posts %s with a batch id once the preflight is answered, and reads the receipt', async (_name, type, write) => {
    const id = randomUUID();

    const answer = await post(page, { 'content-type': type, 'edge-batch-id': id }, write(id));

    expect(answer).toMatchObject({ status: 202, json: { batchId: id, accepted: 1 } });
    expect(await countEvents(stack.ready, `event_name = '${id}'`)).toBe(1);
  });

  test('posts JSON with sendBeacon, which sends cookies whether it should or not', async () => {
    const name = randomUUID();
    const body = JSON.stringify([{ event_time: TIME, path: '/', event_name: name }]);

    const blob = `new Blob([${JSON.stringify(body)}], { type: 'application/json' })`;
    const queued = await page.evaluate(`navigator.sendBeacon('${stack.ready.edge}/collect', ${blob})`);

    expect(queued).toBe(true);
    while ((await countEvents(stack.ready, `event_name = '${name}'`)) === 0) await pause(25);
  });

  test('reads why it is refused', async () => {
    const answer = await post(page, { 'content-type': 'text/plain' }, '{}');

    expect(answer).toMatchObject({ status: 400, json: { code: 'BODY_MALFORMED', retryable: false } });
  });

  test('reads how long it has to wait', async () => {
    const answers = [];
    for (let batch = 0; batch < 80; batch++) answers.push(await post(page, { 'content-type': 'text/plain' }, '[]'));

    const refused = answers.find(({ status }) => status === 429);

    expect(refused).toMatchObject({ retryAfter: expect.stringMatching(/^[1-6]$/), json: { code: 'RATE_LIMITED' } });
  });

  test('that the config does not name can neither post what needs a preflight nor read an answer', async () => {
    const id = randomUUID();

    const tries = [{ 'content-type': 'text/csv' }, { 'content-type': 'text/plain' }].map((headers) =>
      post(stranger, headers, `event_time,path,event_name\n${TIME},/,${id}\n`),
    );

    for (const attempt of tries) await expect(attempt).rejects.toThrow('Failed to fetch');
    expect(await countEvents(stack.ready, `event_name = '${id}'`)).toBe(0);
  });
});

interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly json: unknown;
}

/** Text, because what runs in the page is compiled for Node here. */
function post(from: Page, headers: Readonly<Record<string, string>>, body: string): Promise<Answer> {
  const options = JSON.stringify({ method: 'POST', headers, body });
  return from.evaluate<Answer>(`fetch(${JSON.stringify(`${stack.ready.edge}/collect`)}, ${options}).then(
    async (answer) => ({
      status: answer.status,
      retryAfter: answer.headers.get('retry-after'),
      json: await answer.json(),
    }))`);
}
