// The process of the edge runtime: started by start-edge.ts, and ended with it.
import { createServer, type Server } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { closeServer, listen, PortBusyError } from '../listen.ts';
import { drawHearing } from './draw-hearing.ts';
import { EdgeError, type EdgeFailure } from './edge-errors.ts';
import type { EdgeOptions, EdgeReport } from './edge-options.ts';
import { EdgeWorker } from './edge-worker.ts';
import { Regions } from './regions.ts';
import { SubRequestSender } from './send-sub-request.ts';
import { createServe, type ServedRule } from './serve-request.ts';

/** What the parent sends: options once, then requests for reports. */
export type EdgeMessage = { readonly kind: 'start'; readonly options: EdgeOptions } | { readonly kind: 'report' };

/** What this process answers. */
export type EdgeAnswer =
  | { readonly kind: 'ready'; readonly url: string }
  | { readonly kind: 'failed'; readonly failure: EdgeFailure }
  | { readonly kind: 'report'; readonly report: EdgeReport };

const METHOD =
  'Estimates of this machine, not measurements of Akamai: cpuMs is the time for which code of the call held the thread (garbage ' +
  'collection counts, and up to 4 ms a time of other processes; work of WebCrypto and HTTP does not); heapKb is what that code ' +
  'allocated, garbage included.';
/** Longer than clients keep idle connections, so that none is reused in the moment it is closed. */
const KEEP_ALIVE_MS = 75_000;

/** After the last visitor's answer: longer than the 3 s that an EdgeWorker gives ingest. */
const LAST_ANSWERS_MS = 4000;
const LOOK_AGAIN_MS = 10;

let server: Server | undefined;
const regions = new Regions();
let workers: readonly EdgeWorker[] = [];
let ending = false;

async function start(options: EdgeOptions): Promise<void> {
  try {
    const hears = drawHearing(options.chance);
    const setting = { options, regions, sender: new SubRequestSender(), hears, now: Date.now };
    const rules: ServedRule[] = [];
    // One EdgeWorker may serve several rules.
    const loaded = new Map<string, EdgeWorker>();
    for (const rule of options.rules) {
      const { path, takesOptions = false, ...bundle } = rule;
      const key = JSON.stringify(bundle);
      const worker = loaded.get(key) ?? (await EdgeWorker.load(setting, rule));
      loaded.set(key, worker);
      rules.push({ path, takesOptions, worker });
    }
    workers = [...loaded.values()];
    const serve = createServe(options, rules);
    server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (message, response) => void serve(message, response));
    answer({ kind: 'ready', url: await listen(server, options.port ?? 0) });
  } catch (error) {
    answer({ kind: 'failed', failure: failureOf(error) });
    await end(1);
  }
}

async function end(code: number): Promise<void> {
  if (ending) return;
  ending = true;
  if (server !== undefined) await closeServer(server);
  // Events that nobody awaits are on their way still.
  const patience = performance.now() + LAST_ANSWERS_MS;
  while (regions.awaited > 0 && performance.now() < patience) await setTimeout(LOOK_AGAIN_MS);
  process.exit(code);
}

function reportAll(): EdgeReport {
  return {
    method: METHOD,
    workers: workers.map(({ report }) => report),
    handlers: workers.flatMap((worker) => worker.reports()),
  };
}

function failureOf(error: unknown): EdgeFailure {
  if (error instanceof EdgeError) return error.failure;
  if (error instanceof PortBusyError) return { code: 'PORT_BUSY', port: error.port };
  return { code: 'EDGE_START_FAILED', seen: error instanceof Error ? error.message : String(error) };
}

function answer(message: EdgeAnswer): void {
  process.send?.(message);
}

process.on('SIGTERM', () => void end(0));
process.on('disconnect', () => void end(0));
// Ctrl-C reaches the whole process group, and this process must outlive whoever still writes to it: the parent ends it.
process.on('SIGINT', () => undefined);
process.on('unhandledRejection', (reason, promise) => {
  // Promises of a context are a bundle's: Akamai says nothing of one that nobody waits for.
  if (promise instanceof Promise) throw reason;
});
process.on('message', (message: EdgeMessage) => {
  switch (message.kind) {
    case 'start':
      void start(message.options);
      return;
    case 'report':
      answer({ kind: 'report', report: reportAll() });
      return;
    default:
      message satisfies never;
  }
});
