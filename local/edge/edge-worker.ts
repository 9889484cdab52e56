import type { TracedWorker } from './describe-trace.ts';
import type { EdgeOptions, EdgeRule, HandlerName, HandlerReport, WorkerReport } from './edge-options.ts';
import type { Exchange } from './exchange.ts';
import { currentCall, HandlerCall } from './handler-call.ts';
import { type CallMeter, HandlerMeter } from './handler-meter.ts';
import { type LoadedBundle, loadBundle, SERVED } from './load-bundle.ts';
import type { EdgeContext } from './make-context.ts';
import type { Regions } from './regions.ts';
import { type CallTrace, tracedMeter } from './request-trace.ts';
import type { SubRequestSender } from './send-sub-request.ts';
import { SubRequests } from './sub-requests.ts';
import { handlerLimits, TIER_LIMITS } from './tier-limits.ts';

const DEFAULT_CONTEXTS = 4;
const DEFAULT_NAME = 'local';

export interface EdgeWorkerSetting {
  readonly options: EdgeOptions;
  readonly regions: Regions;
  readonly sender: SubRequestSender;
  /** Draws what the next call hears after its end. */
  readonly hears: () => number | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export type HandlerOutcome<T> =
  /** The call is not told yet that it has ended. */
  { readonly kind: 'done'; readonly value: T; readonly call: HandlerCall } | { readonly kind: 'failed' };

/** One rule's EdgeWorker: its bundle in some contexts, and what its handlers use. */
export class EdgeWorker {
  readonly #setting: EdgeWorkerSetting;
  readonly #bundles: readonly LoadedBundle[];
  readonly #meters: ReadonlyMap<HandlerName, HandlerMeter>;
  /** For debug headers. */
  readonly identity: TracedWorker;
  readonly report: WorkerReport;
  #served = 0;

  private constructor(setting: EdgeWorkerSetting, rule: EdgeRule, bundles: readonly LoadedBundle[], init: InitTimes) {
    const { tier } = setting.options;
    const { edgeWorkerId, version, name = DEFAULT_NAME } = rule;
    const { id: tierId, initCpuMs } = TIER_LIMITS[tier];
    this.#setting = setting;
    this.#bundles = bundles;
    this.identity = { edgeWorkerId, version, name, tierId };
    this.report = { edgeWorkerId, initWallMs: init.wallMs, initCpuMs: init.cpuMs, overInitCpu: init.cpuMs > initCpuMs };
    this.#meters = new Map(
      SERVED.filter((name) => bundles[0]?.handlers[name] !== undefined).map((name) => [
        name,
        new HandlerMeter(rule.edgeWorkerId, name, handlerLimits(tier, name)),
      ]),
    );
  }

  /** @throws EdgeError `BUNDLE_REFUSED` */
  static async load(setting: EdgeWorkerSetting, rule: EdgeRule): Promise<EdgeWorker> {
    const { tier, contexts = DEFAULT_CONTEXTS } = setting.options;
    const { initWallMs } = TIER_LIMITS[tier];
    const bundles: LoadedBundle[] = [];
    const slowest = { wallMs: 0, cpuMs: 0 };
    while (bundles.length < contexts) {
      let cpuMs = 0;
      let since = 0;
      const used = (ms: number): void => {
        cpuMs += ms;
      };
      bundles.push(
        await loadBundle(rule, initWallMs, (made) => {
          since = performance.now();
          return initCall(setting, made, initWallMs, used);
        }),
      );
      slowest.wallMs = Math.max(slowest.wallMs, round(performance.now() - since));
      slowest.cpuMs = Math.max(slowest.cpuMs, round(cpuMs));
    }
    return new EdgeWorker(setting, rule, bundles, slowest);
  }

  has(handler: HandlerName): boolean {
    return this.#meters.has(handler);
  }

  reports(): readonly HandlerReport[] {
    return [...this.#meters.values()].map((meter) => meter.report());
  }

  /**
   * Calls a handler in one of the contexts, and waits for it as the visitor's request does.
   *
   * @param args made in the context
   * @param read what the handler returned, read in the context
   */
  async invoke<T>(
    handler: HandlerName,
    exchange: Exchange,
    args: (bundle: LoadedBundle) => readonly unknown[],
    read: (bundle: LoadedBundle) => (result: unknown) => T,
  ): Promise<HandlerOutcome<T>> {
    const bundle = this.#bundles[this.#served++ % this.#bundles.length];
    const run = bundle?.handlers[handler];
    const begun = this.#meters.get(handler)?.begin();
    if (bundle === undefined || run === undefined || begun === undefined) throw new TypeError(`no ${handler} here`);
    const since = performance.now();
    const trace = exchange.trace?.begin(handler);
    const meter = trace === undefined ? begun : tracedMeter(begun, trace);
    const { call, wallMs } = this.#beginCall(handler, exchange, bundle, meter, trace);
    const ended = Promise.withResolvers<HandlerOutcome<T>>();
    const fail = (status: 'ExecutionError' | 'WallTimeoutError', message: string): void => {
      meter.failed(status, message);
      ended.resolve({ kind: 'failed' });
    };
    const wall = setTimeout(() => {
      call.close();
      fail('WallTimeoutError', `the handler did not end within ${wallMs} ms`);
    }, wallMs);
    call.cut.then(() => {
      clearTimeout(wall);
      fail('WallTimeoutError', 'code ran to the wall limit without waiting for anything');
    });
    const values = args(bundle);
    call.enter(() =>
      currentCall.run(call, () =>
        bundle.inside.start(
          run,
          values,
          read(bundle),
          (value) => ended.resolve({ kind: 'done', value, call }),
          (message) => {
            call.ended();
            clearTimeout(wall);
            fail('ExecutionError', message);
          },
        ),
      ),
    );
    const outcome = await ended.promise;
    clearTimeout(wall);
    if (trace !== undefined) trace.wallMs = performance.now() - since;
    return outcome;
  }

  #beginCall(
    handler: HandlerName,
    exchange: Exchange,
    bundle: LoadedBundle,
    meter: CallMeter,
    trace: CallTrace | undefined,
  ) {
    const { options, regions, sender, hears, now } = this.#setting;
    const limits = handlerLimits(options.tier, handler);
    const { host: parentHost, arrivedAt } = exchange;
    const { properties } = options;
    const subRequests = new SubRequests({
      caller: handler,
      limits,
      properties,
      parentHost,
      arrivedAt,
      sender,
      meter,
      trace,
    });
    const { wallMs, subRequestWallMs: afterMs } = limits;
    const call = new HandlerCall({
      context: bundle.context,
      regions,
      meter,
      subRequests,
      wallMs,
      afterMs,
      hears: hears(),
      now: now(),
    });
    return { call, wallMs };
  }
}

interface InitTimes {
  readonly wallMs: number;
  readonly cpuMs: number;
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** Module-level code runs as a call that may send nothing. */
function initCall(
  { options, regions, sender, now }: EdgeWorkerSetting,
  { context }: EdgeContext,
  wallMs: number,
  used: CallMeter['used'],
): HandlerCall {
  const limits = { ...TIER_LIMITS[options.tier].inline, subRequests: 0 };
  const ignore = (): void => undefined;
  const meter = {
    used,
    failed: ignore,
    subRequest: ignore,
    overLimit: ignore,
    answered: ignore,
    fresh: ignore,
    log: ignore,
    tellsPlace: false,
  };
  const subRequests = new SubRequests({
    caller: 'module-level',
    limits,
    properties: {},
    parentHost: '',
    arrivedAt: 0,
    sender,
    meter,
  });
  return new HandlerCall({ context, regions, meter, subRequests, wallMs, afterMs: 0, now: now() });
}
