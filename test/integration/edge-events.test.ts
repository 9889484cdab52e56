import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, test } from '@jest/globals';
import { requestColumns } from '../../config/edge-columns.ts';
import { gatewayAnswer, ingestAnswer, item, RECEIPT, TOKENS } from './support/edge-fault-cases.ts';
import { type EventEdge, type EventEdgeOptions, startEventEdge } from './support/event-edge.ts';
import { isKept } from './support/is-kept.ts';

// The event of each request, shaped by the config, through the built bundle at an edge of the tightest tier.

const EDGES: EventEdge[] = [];
afterEach(async () => {
  await Promise.all(EDGES.splice(0).map((edge) => edge.stop()));
});

async function start(options: EventEdgeOptions): Promise<EventEdge> {
  const edge = await startEventEdge(options);
  EDGES.push(edge);
  return edge;
}

const IP = '203.0.113.77';
const KEY = 'a key of the property, 32 or more';

describe('an event', () => {
  test('has the headers and cookies that the config names, and nothing of any other', async () => {
    const named = {
      language: { header: 'accept-language' },
      session: { cookie: 'sid' },
      plan: { variable: 'PMUSER_PLAN' },
    };
    const edge = await start({
      events: { columns: { ...requestColumns, ...named, experiment: { cookie: 'ab' } } },
      variables: { PMUSER_PLAN: 'x-plan' },
    });

    await edge.visit({
      target: '/shoes?size=42',
      headers: {
        'accept-language': 'fr',
        cookie: 'other=private-1; sid=s-1',
        authorization: 'private-2',
        'x-other': 'private-3',
        'x-forwarded-for': IP,
        'x-akamai-edgescape': 'country_code=FR,city=PARIS',
        'x-plan': 'gold',
      },
    });

    const [event] = await edge.posted(1);
    const known = {
      path: '/shoes',
      query: 'size=42',
      method: 'GET',
      country: 'FR',
      city: 'PARIS',
      event_type: 'request',
    };
    expect(event).toMatchObject({
      ...known,
      client_network: '203.0.113.0/24',
      language: 'fr',
      session: 's-1',
      plan: 'gold',
    });
    expect(Object.keys(event ?? {}).sort()).toEqual(
      [
        ...Object.keys(known),
        'client_network',
        'event_time',
        'host',
        'language',
        'plan',
        'request_id',
        'session',
      ].sort(),
    );
    expect(edge.ingest.calls[0]?.body).not.toMatch(/private|203\.0\.113\.77/);
  });

  test('has an address as its hash under a key that only the property knows', async () => {
    const edge = await start({
      events: { clientIp: { hashWith: 'PMUSER_CLIENT_IP_KEY' } },
      variables: { PMUSER_CLIENT_IP_KEY: 'x-key' },
    });
    const headers = { 'x-forwarded-for': IP };

    await edge.visit({ target: '/a', headers: { ...headers, 'x-key': KEY } });
    await edge.posted(1);
    await edge.visit({ target: '/b', headers });

    const hash = createHmac('sha256', KEY).update(`edgehouse client ip v1\n${IP}`).digest('hex').slice(0, 32);
    const [first, second] = await edge.posted(2);
    expect(first).toMatchObject({ path: '/a', client_network: hash });
    expect(second).not.toHaveProperty('client_network');
    const log = await edge.logged(1);
    expect(log).toEqual(['edgehouse: client.ip is left out: PMUSER_CLIENT_IP_KEY has no 32 characters']);
  });

  test('is sent before the site is asked, where the config says onClientRequest', async () => {
    const asked = Promise.withResolvers<() => void>();
    const edge = await start({
      events: { handler: 'onClientRequest' },
      site: (_request, response) => asked.resolve(() => response.end('a page')),
    });

    const page = edge.visit({ target: '/slow' });
    const answerPage = await asked.promise;
    const [event] = await edge.posted(1);
    answerPage();

    expect((await page).status).toBe(200);
    expect(event).toMatchObject({ path: '/slow' });
    expect(event).not.toHaveProperty('status');
    expect((await edge.reports()).map(({ handler }) => handler)).toEqual(['onClientRequest']);
  });

  test('says how long its request took, where the config asks for it', async () => {
    const tookMs = 120;
    const edge = await start({
      events: { columns: { duration_ms: { timing: 'duration' }, status: { response: 'status' } } },
      site: (_request, response) => setTimeout(() => response.writeHead(404).end(), tookMs),
    });

    const { elapsedMs } = await edge.visit({ target: '/missing' });

    const [event] = await edge.posted(1);
    expect(event?.['status']).toBe(404);
    // Both clocks are cut to whole milliseconds.
    expect(event?.['duration_ms']).toBeGreaterThanOrEqual(tookMs - 2);
    expect(event?.['duration_ms']).toBeLessThanOrEqual(elapsedMs + 2);
    expect((await edge.reports()).map(({ handler, failures }) => [handler, failures])).toEqual([
      ['onClientRequest', {}],
      ['onClientResponse', {}],
    ]);
  });

  test('is sent for the visitors whom sampling keeps, all of theirs, and for every error', async () => {
    const edge = await start({
      events: { sampling: { rate: 0.4 } },
      site: ({ url = '' }, response) => response.writeHead(url === '/broken' ? 500 : 200).end(),
    });
    const visitors = Array.from({ length: 20 }, (_, index) => `198.51.${index}.1`);
    const targets = ['/a', '/b', '/broken'];

    for (const ip of visitors) {
      for (const target of targets) await edge.visit({ target, headers: { 'x-forwarded-for': ip, 'user-agent': 'x' } });
    }

    const kept = visitors.filter((ip) => isKept(ip, 0.4));
    const events = await edge.posted(kept.length * 2 + visitors.length);
    const of = (path: string) => events.filter((event) => event['path'] === path);
    const networks = kept.map((ip) => ip.replace(/\d+$/, '0/24')).sort();
    expect(kept.length).toBeGreaterThan(2);
    expect(
      of('/a')
        .map((event) => event['client_network'])
        .sort(),
    ).toEqual(networks);
    expect(
      of('/b')
        .map((event) => event['client_network'])
        .sort(),
    ).toEqual(networks);
    expect(new Set([...of('/a'), ...of('/b')].map((event) => event['sample_rate']))).toEqual(new Set([0.4]));
    expect(of('/broken').map((event) => event['sample_rate'])).toEqual(visitors.map(() => 1));
    const [{ failures, subRequests } = { failures: undefined, subRequests: undefined }] = await edge.reports();
    expect(failures).toEqual({});
    expect(subRequests?.maxPerInvocation).toBeLessThanOrEqual(2);
  });
});

describe('an event that ingest does not take', () => {
  test.each([429, 503])(
    'with a %d is the last one for as long as Retry-After says; the pages stay as they are',
    async (status) => {
      const edge = await start({ ingest: [ingestAnswer(status), ingestAnswer(200, RECEIPT)] });

      const pages = [await edge.visit({ target: '/1' })];
      await edge.logged(1);
      pages.push(await edge.visit({ target: '/2' }));

      const log = await edge.logged(2);
      expect(pages.map((page) => [page.status, page.body.toString()])).toEqual(Array(2).fill([200, 'a page']));
      expect(log[0]).toBe(`edgehouse: an event was lost: ingest answered ${status}`);
      // 77 s are asked for, and a minute is the most.
      expect(log[1]).toMatch(/an event was lost: nothing is sent for (60|5\d) s more$/);
      expect([edge.edgeKv.calls.length, edge.ingest.calls.length]).toEqual([1, 1]);
    },
  );

  test.each([401, 403])(
    'with a %d has the next one read its credentials again; where they are still those, nothing is sent for a minute',
    async (status) => {
      const edge = await start({ ingest: [gatewayAnswer(status)] });

      for (const visits of [1, 2, 3, 4]) {
        await edge.visit({ target: '/' });
        await edge.logged(visits);
      }

      // The third read finds the second token again.
      expect([edge.edgeKv.calls.length, edge.ingest.calls.length]).toEqual([3, 2]);
      const tokens = edge.ingest.calls.map(({ headers }) => headers.authorization);
      expect(tokens).toEqual(TOKENS.map((token) => `Bearer ${token}`));
      const log = await edge.logged(4);
      expect(log.slice(2)).toEqual([
        'edgehouse: an event was lost: no credentials: EdgeKV still has the token that was refused',
        expect.stringMatching(/an event was lost: nothing is sent for (60|5\d) s more$/),
      ]);
    },
  );

  test('for a token that EdgeKV shows again after the new one costs none of those that follow', async () => {
    const soonOver = item(TOKENS[1], { exp: Math.floor(Date.now() / 1_000) + 50 });
    const edge = await start({
      edgeKv: [item(TOKENS[0]), soonOver, item(TOKENS[0])],
      ingest: [gatewayAnswer(403), ingestAnswer(200, RECEIPT)],
    });

    for (const visits of [1, 2, 3]) {
      await edge.visit({ target: '/' });
      await edge.posted(visits);
      if (visits === 1) await edge.logged(1);
    }

    const tokens = edge.ingest.calls.map(({ headers }) => headers.authorization);
    expect(tokens).toEqual([TOKENS[0], TOKENS[1], TOKENS[1]].map((token) => `Bearer ${token}`));
    expect(edge.edgeKv.calls.length).toBe(3);
    expect(await edge.logged(1)).toHaveLength(1);
  });
});
