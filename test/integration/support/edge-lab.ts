import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { config } from '#config';
import { buildBundle } from '../../../edgeworker/build-bundle.ts';
import { BUNDLE_SECTIONS, type BundleHandler, bundleSettings } from '../../../edgeworker/bundle-settings.ts';
import type { Edge, EdgeRule, HandlerReport } from '../../../local/edge/edge-options.ts';
import { startEdge } from '../../../local/edge/start-edge.ts';
import { closeServer, listen } from '../../../local/listen.ts';
import type { FaultCase, Way } from './edge-fault-cases.ts';
import { startOddSite } from './edge-odd-site.ts';
import { type Script, type Stub, startStub } from './edge-stub.ts';

/** An EdgeWorker of one fault: the built bundle under an id of its own, so with its own EdgeKV item, source and memory. */
export interface Subject {
  readonly fault: FaultCase;
  /** Where its pages lie at the edge, or where it collects. */
  readonly path: string;
  readonly edgeKv: Script;
  readonly ingest: Script;
  report(): Promise<HandlerReport>;
  /** Resolves with the report that has so many log lines: an event that is lost leaves no other trace. */
  logged(lines: number): Promise<HandlerReport>;
  /** Resolves with the report of so many sub-requests that the API's host answered with 2xx. */
  accepted(posts: number): Promise<HandlerReport>;
}

export interface EdgeLab {
  readonly edge: string;
  readonly site: string;
  /** @throws Error for a name that no fault has */
  subject(handler: BundleHandler, name: string): Subject;
  close(): Promise<void>;
}

const EDGEKV_HOST = 'edgekv.akamai-edge-svcs.net';
const HOSTS: Readonly<Record<Way, string>> = {
  stub: config.edge.apiHost ?? 'api.example.com',
  refused: 'refused.example.com',
  'no-post': 'no-post.example.com',
  'unknown-host': 'unknown.example.com',
};
const VERSION = '1.0.0';
const FIRST_ID = 50_000;
const LOOK_AGAIN_MS = 25;
/** Longer than EdgeKV and ingest together may take. */
const PATIENCE_MS = 6_000;

/** Starts one edge of the tightest tier that runs both bundles once for each fault. */
export async function startEdgeLab(faults: readonly FaultCase[]): Promise<EdgeLab> {
  const edgeKv = await startStub(({ url = '' }) =>
    /^\/api\/v1\/namespaces\/edgehouse\/groups\/credentials\/items\/(\d+)$/.exec(url)?.at(1),
  );
  const ingest = await startStub(({ headers }) => /^ew\/(\d+)\//.exec(String(headers['edge-source']))?.at(1));
  const site = await startOddSite();
  const rules: EdgeRule[] = [];
  const subjects = new Map<string, (edge: Edge) => Subject>();
  for (const [index, fault] of faults.entries()) {
    for (const handler of ['collector', 'request-event'] as const) {
      const edgeWorkerId = FIRST_ID + 2 * index + (handler === 'collector' ? 0 : 1);
      const path = handler === 'collector' ? `/${edgeWorkerId}/collect` : `/${edgeWorkerId}/`;
      rules.push({
        path: handler === 'collector' ? path : `${path}*`,
        edgeWorkerId,
        version: VERSION,
        mainJs: await bundleOf(handler, edgeWorkerId, fault.way),
      });
      const stubs = scripts({ edgeKv, ingest }, edgeWorkerId, fault);
      subjects.set(`${handler} ${fault.name}`, (edge) => ({ fault, path, ...stubs, ...reporting(edge, edgeWorkerId) }));
    }
  }
  const edge = await startEdge({
    tier: 'basic',
    rules,
    site: site.url,
    // One, so that what the bundle holds between requests is there for the next one.
    contexts: 1,
    properties: {
      [HOSTS.stub]: { origin: ingest.origin, allowPost: true },
      [HOSTS.refused]: { origin: await closedOrigin(), allowPost: true },
      [HOSTS['no-post']]: { origin: ingest.origin, allowPost: false },
      [EDGEKV_HOST]: { origin: edgeKv.origin, allowPost: false },
    },
  });
  return {
    edge: edge.url,
    site: site.url,
    subject(handler, name) {
      const subject = subjects.get(`${handler} ${name}`);
      if (subject === undefined) throw new Error(`no fault is named ${name}`);
      return subject(edge);
    },
    async close() {
      await edge.stop();
      await Promise.all([site.close(), edgeKv.close(), ingest.close()]);
    },
  };
}

async function bundleOf(handler: BundleHandler, edgeWorkerId: number, way: Way): Promise<string> {
  const section = BUNDLE_SECTIONS[handler];
  const edge = { ...config.edge, [section]: { ...config.edge[section], edgeWorkerId } };
  const identity = { version: VERSION, accessReference: 'reference', apiHost: HOSTS[way] };
  const settings = bundleSettings({ edge }, handler, identity);
  return (await buildBundle({ handler, settings, version: VERSION, description: handler })).mainJs;
}

function scripts(stubs: { readonly edgeKv: Stub; readonly ingest: Stub }, edgeWorkerId: number, fault: FaultCase) {
  const caller = String(edgeWorkerId);
  return {
    edgeKv: stubs.edgeKv.script(caller, fault.edgeKv),
    ingest: stubs.ingest.script(caller, fault.ingest),
  };
}

function reporting(edge: Edge, edgeWorkerId: number): Pick<Subject, 'report' | 'logged' | 'accepted'> {
  const report = async () => {
    const { handlers } = await edge.report();
    const own = handlers.find((handler) => handler.edgeWorkerId === edgeWorkerId);
    if (own === undefined) throw new Error(`the edge does not report EdgeWorker ${edgeWorkerId}`);
    return own;
  };
  const reportWhen = async (isThere: (report: HandlerReport) => boolean) => {
    const impatient = performance.now() + PATIENCE_MS;
    while (performance.now() < impatient) {
      const found = await report();
      if (isThere(found)) return found;
      await pause(LOOK_AGAIN_MS);
    }
    throw new Error(`the event of EdgeWorker ${edgeWorkerId} left no trace: ${JSON.stringify(await report())}`);
  };
  return {
    report,
    logged: (lines) => reportWhen(({ logLines }) => logLines.length >= lines),
    accepted: (posts) =>
      reportWhen(({ subRequests: { byHostAndStatus } }) => {
        const counts = [200, 202].map((status) => byHostAndStatus[`${HOSTS.stub} ${status}`] ?? 0);
        return counts.reduce((sum, count) => sum + count) >= posts;
      }),
  };
}

/** An origin at which nothing listens any more. */
async function closedOrigin(): Promise<string> {
  const server = createServer();
  const origin = await listen(server, 0);
  await closeServer(server);
  return origin;
}
