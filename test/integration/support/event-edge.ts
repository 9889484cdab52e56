import { createServer, type RequestListener } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { parseConfig } from '../../../config/parse-config.ts';
import { buildBundle } from '../../../edgeworker/build-bundle.ts';
import { bundleSettings } from '../../../edgeworker/bundle-settings.ts';
import type { HandlerReport } from '../../../local/edge/edge-options.ts';
import { startEdge } from '../../../local/edge/start-edge.ts';
import { closeServer, listen } from '../../../local/listen.ts';
import { GOOD_ITEMS, ingestAnswer, RECEIPT } from './edge-fault-cases.ts';
import { type Reply, type Script, startStub } from './edge-stub.ts';
import { type TimedSeen, type Visit, visit } from './edge-visitor.ts';

export interface EventEdgeOptions {
  /** What `edge.requestEvents` says besides id and stream. */
  readonly events?: object;
  /** Variables of the property, from request headers. */
  readonly variables?: Readonly<Record<string, string>>;
  /** @default stored, always */
  readonly ingest?: readonly Reply[];
  /** @default GOOD_ITEMS */
  readonly edgeKv?: readonly Reply[];
  readonly site?: RequestListener;
}

/** An edge of the tightest tier in front of a site, whose EdgeWorker sends an event for each request. */
export interface EventEdge {
  visit(asked: Visit): Promise<TimedSeen>;
  /** Resolves with the events of so many posts, the rows of each as one list. */
  posted(posts: number): Promise<readonly Readonly<Record<string, unknown>>[]>;
  readonly edgeKv: Script;
  readonly ingest: Script;
  /** Resolves when so many lines are logged: what is lost leaves no other trace. */
  logged(lines: number): Promise<readonly string[]>;
  reports(): Promise<readonly HandlerReport[]>;
  stop(): Promise<void>;
}

const ID = 12_345;
const API_HOST = 'events-api.example.com';
const VERSION = '1.0.0';
const LOOK_AGAIN_MS = 10;

export async function startEventEdge(options: EventEdgeOptions): Promise<EventEdge> {
  const { events = {}, variables = {}, ingest: replies = [ingestAnswer(200, RECEIPT)] } = options;
  const { edge: section } = parseConfig({
    streams: { web_events: {} },
    edge: { edgeWorkerIds: [ID], requestEvents: { edgeWorkerId: ID, stream: 'web_events', ...events } },
  });
  const identity = { version: VERSION, accessReference: 'reference', apiHost: API_HOST };
  const settings = bundleSettings({ edge: section }, 'request-event', identity);
  const { mainJs } = await buildBundle({ handler: 'request-event', settings, version: VERSION, description: 'events' });

  const [edgeKvStub, ingestStub] = await Promise.all([startStub(() => 'all'), startStub(() => 'all')]);
  const [edgeKv, ingest] = [edgeKvStub.script('all', options.edgeKv ?? GOOD_ITEMS), ingestStub.script('all', replies)];
  const site = createServer(options.site ?? ((_request, response) => response.end('a page')));
  const edge = await startEdge({
    tier: 'basic',
    rules: [{ path: '/*', edgeWorkerId: ID, version: VERSION, mainJs }],
    site: await listen(site, 0),
    contexts: 1,
    variables,
    properties: {
      [API_HOST]: { origin: ingestStub.origin, allowPost: true },
      'edgekv.akamai-edge-svcs.net': { origin: edgeKvStub.origin, allowPost: false },
    },
  });
  const reports = async () => (await edge.report()).handlers;
  return {
    visit: (asked) => visit(edge.url, asked),
    edgeKv,
    ingest,
    reports,
    async posted(posts) {
      while (ingest.calls.length < posts) await pause(LOOK_AGAIN_MS);
      return ingest.calls.flatMap(({ body }) => JSON.parse(body));
    },
    async logged(lines) {
      let seen: readonly string[] = [];
      while (seen.length < lines) {
        seen = (await reports()).flatMap(({ logLines }) => logLines.map(({ message }) => message));
        await pause(LOOK_AGAIN_MS);
      }
      return seen;
    },
    async stop() {
      await edge.stop();
      await Promise.all([edgeKvStub.close(), ingestStub.close(), closeServer(site)]);
    },
  };
}
