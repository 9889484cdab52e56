import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { requestColumns, responseColumns } from '../../config/edge-columns.ts';
import { config } from '../../config/loaded.ts';
import { parseConfig } from '../../config/parse-config.ts';
import { buildBundle } from '../../edgeworker/build-bundle.ts';
import { BUNDLE_SECTIONS, bundleSettings } from '../../edgeworker/bundle-settings.ts';
import type { Edge, EdgeOptions, EdgeRule, HandlerReport } from '../../local/edge/edge-options.ts';
import { startEdge } from '../../local/edge/start-edge.ts';
import { type HandlerLimits, handlerLimits } from '../../local/edge/tier-limits.ts';
import { createEdgeKvService } from '../../local/edgekv/edgekv-service.ts';
import { closeServer, listen } from '../../local/listen.ts';
import { createEdgeClient } from '../../local/traffic/ask-edge.ts';
import { EVENT_TIME_HEADER, type ReplayMode, replayLog } from '../../local/traffic/replay-log.ts';
import { startSite } from '../../local/traffic/site.ts';
import { createTally } from '../../local/traffic/tally.ts';

export type Tier = EdgeOptions['tier'];
export const TIERS: readonly Tier[] = ['basic', 'dynamic', 'enterprise'];

/** What is measured: a bundle as the shipped config has it, or the event of a request as this section of a config shapes it. */
export interface EdgeSubject {
  readonly name: string;
  readonly mode: ReplayMode;
  readonly requestEvents?: object;
}

const KEY_VARIABLE = 'PMUSER_CLIENT_IP_KEY';
export const SHIPPED: readonly EdgeSubject[] = [
  { name: 'as shipped', mode: 'collect' },
  { name: 'as shipped', mode: 'request' },
];
export const SHAPED: readonly EdgeSubject[] = [
  { name: 'onClientRequest', mode: 'request', requestEvents: { handler: 'onClientRequest' } },
  {
    name: 'hashWith, sampling, duration',
    mode: 'request',
    requestEvents: {
      clientIp: { hashWith: KEY_VARIABLE },
      columns: { ...requestColumns, ...responseColumns, duration_ms: { timing: 'duration' } },
      // All are kept, so that each one costs a delivery too.
      sampling: { rate: 1 },
    },
  },
];

/** What one handler used while a whole log went through it, beside what the tier gives it. */
export interface EdgeFigure {
  readonly tier: Tier;
  readonly subject: string;
  readonly report: HandlerReport;
  readonly limits: HandlerLimits;
  /** Events that reached the API. */
  readonly events: number;
}

/** The collector beside a bare handler that reads the same bodies as JSON and writes them again: median milliseconds of processor time. */
export interface CollectorRatio {
  readonly collectorMs: number;
  readonly bareMs: number;
  readonly ratio: number;
}

/** Events under way that nobody waits for: a log sent as fast as it is read would flood the machine. */
const MOST_UNDER_WAY = 100;
const PATIENCE_MS = 4_000;
const CONNECTIONS = 16;
const EDGEKV_HOST = 'edgekv.akamai-edge-svcs.net';
const API_HOST = 'events-api.example.com';
const VERSION = '1.0.0';
const PATHS = { collect: '/collect', request: '/*' } as const;
const BUNDLES = { collect: 'collector', request: 'request-event' } as const;
/** Akamai's own idea of the least work: no checks, nothing added, nothing sent. */
const BARE_ID = 1;
const BARE = `
  import { createResponse } from 'create-response';
  export async function responseProvider(request) {
    return createResponse(200, {}, JSON.stringify(JSON.parse(await request.text())));
  }`;

/** Sends every line of a log through one of the bundles on one tier. @returns a figure for each of its handlers */
export async function measureLog(file: string, tier: Tier, subject: EdgeSubject): Promise<readonly EdgeFigure[]> {
  const { mode, name } = subject;
  return withEdge({ tier, rules: [await bundleRule(subject)] }, async (edge, api) => {
    const client = createEdgeClient(edge.url, CONNECTIONS);
    const tally = createTally();
    await replayLog({
      file,
      mode,
      ask: client.ask,
      origin: edge.url,
      tally,
      pause,
      ready: async (sent) => {
        const patience = performance.now() + PATIENCE_MS;
        while (sent - api.batches > MOST_UNDER_WAY && performance.now() < patience) await pause(1);
      },
      signal: new AbortController().signal,
    });
    client.close();
    // Stopping lets what nobody awaits come to its end; the report has to be asked for before.
    const patience = performance.now() + PATIENCE_MS;
    const isUnderWay = async () => (await edge.report()).handlers.some(({ invocations }) => invocations > api.batches);
    while (mode === 'request' && (await isUnderWay()) && performance.now() < patience) await pause(20);
    const { handlers } = await edge.report();
    return handlers.map((report) => ({
      tier,
      subject: name,
      report,
      limits: handlerLimits(tier, report.handler),
      events: api.rows,
    }));
  });
}

/** Posts the same bodies to both in turn, each in one context: V8 compiles what runs often there, and nowhere else. @param bodies JSON arrays */
export async function measureRatio(bodies: readonly string[], tier: Tier): Promise<CollectorRatio> {
  const bare = { path: '/bare', edgeWorkerId: BARE_ID, version: VERSION, mainJs: BARE };
  return withEdge(
    { tier, contexts: 1, rules: [await bundleRule({ name: '', mode: 'collect' }), bare] },
    async (edge) => {
      const client = createEdgeClient(edge.url, 1);
      for (const [index, body] of bodies.entries()) {
        const headers = {
          // An address of its own, so that nobody is over its rate.
          'x-forwarded-for': `203.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`,
          'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
          origin: edge.url,
          'content-type': 'application/json',
        };
        for (const target of index % 2 === 0 ? ['/collect', '/bare'] : ['/bare', '/collect']) {
          const { status } = await client.ask({ method: 'POST', target, headers, body });
          if (status !== 202 && status !== 200) throw new Error(`${target} answered ${status}; is the machine busy?`);
        }
      }
      client.close();
      const { handlers } = await edge.report();
      const medianOf = (bareOne: boolean) =>
        handlers.find(({ edgeWorkerId }) => (edgeWorkerId === BARE_ID) === bareOne)?.cpuMs.p50 ?? Number.NaN;
      const [collectorMs, bareMs] = [medianOf(false), medianOf(true)];
      return { collectorMs, bareMs, ratio: Number((collectorMs / bareMs).toFixed(2)) };
    },
  );
}

async function bundleRule({ mode, requestEvents }: EdgeSubject): Promise<EdgeRule> {
  const handler = BUNDLES[mode];
  const edgeWorkerId = config.edge[BUNDLE_SECTIONS[handler]]?.edgeWorkerId ?? 0;
  const shaped = { edgeWorkerIds: [edgeWorkerId], requestEvents: { edgeWorkerId, stream: 'events', ...requestEvents } };
  const source = requestEvents === undefined ? config : parseConfig({ streams: { events: {} }, edge: shaped });
  const settings = bundleSettings(source, handler, {
    version: VERSION,
    accessReference: 'reference',
    apiHost: API_HOST,
  });
  const { mainJs } = await buildBundle({ handler, settings, version: VERSION, description: handler });
  return { path: PATHS[mode], edgeWorkerId, version: VERSION, mainJs };
}

interface Api {
  batches: number;
  rows: number;
}

async function withEdge<T>(
  options: Pick<EdgeOptions, 'tier' | 'rules' | 'contexts'>,
  work: (edge: Edge, api: Api) => Promise<T>,
): Promise<T> {
  const api: Api = { batches: 0, rows: 0 };
  const server = createServer(async (message, response) => {
    await text(message);
    const rows = Number(message.headers['edge-batch-rows']);
    api.batches += 1;
    api.rows += rows;
    const counts = { received: rows, accepted: rows, quarantined: 0 };
    const receipt = { batchId: message.headers['edge-batch-id'], outcome: 'stored', ...counts, errors: [] };
    response.setHeader('edgehouse-request-id', 'r').end(JSON.stringify(receipt));
  });
  const edgeKv = createEdgeKvService({ accessToken: undefined, network: 'production' });
  const site = await startSite();
  try {
    for (const { edgeWorkerId } of options.rules) {
      await edgeKv.edgeKv.put('production', config.edge.namespace, config.edge.group, String(edgeWorkerId), item());
    }
    const edge = await startEdge({
      ...options,
      site: site.url,
      properties: {
        [API_HOST]: { origin: await listen(server, 0), allowPost: true },
        [EDGEKV_HOST]: { origin: await edgeKv.listen(0), allowPost: false },
      },
      variables: { PMUSER_EVENT_TIME: EVENT_TIME_HEADER },
      constants: { [KEY_VARIABLE]: 'a key of the property, 32 or more' },
    });
    try {
      return await work(edge, api);
    } finally {
      await edge.stop();
    }
  } finally {
    await Promise.all([site.close(), edgeKv.close(), closeServer(server)]);
  }
}

function item(): string {
  const now = Math.floor(Date.now() / 1_000);
  const key = Buffer.alloc(32, 7).toString('base64url');
  // As long as a real one is.
  const token = `${'a'.repeat(100)}.${'b'.repeat(400)}.${'c'.repeat(342)}`;
  return JSON.stringify({ v: 1, token, key, keyId: '3.Zk1x0c9dQe7hL2sA', notBefore: now - 60, exp: now + 3_600 });
}
