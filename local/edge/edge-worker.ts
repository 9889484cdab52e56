import type { EdgeOptions, EdgeRule, HandlerName, HandlerReport } from './edge-options.ts';
import type { Exchange } from './exchange.ts';
import { currentCall, HandlerCall } from './handler-call.ts';
import { type CallMeter, HandlerMeter } from './handler-meter.ts';
import { type LoadedBundle, loadBundle } from './load-bundle.ts';
import type { EdgeContext } from './make-context.ts';
import type { Regions } from './regions.ts';
import type { SubRequestSender } from './send-sub-request.ts';
import { SubRequests } from './sub-requests.ts';
import { handlerLimits, TIER_LIMITS } from './tier-limits.ts';

const DEFAULT_CONTEXTS = 4;

export interface EdgeWorkerSetting {
  readonly options: EdgeOptions;
  readonly regions: Regions;
  readonly sender: SubRequestSender;
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
  #served = 0;

  private constructor(setting: EdgeWorkerSetting, rule: EdgeRule, bundles: readonly LoadedBundle[]) {
    const names: readonly HandlerName[] = ['onClientRequest', 'responseProvider', 'onClientResponse'];
    const { tier } = setting.options;
    this.#setting = setting;
    this.#bundles = bundles;
    this.#meters = new Map(
      names
        .filter((name) => bundles[0]?.handlers[name] !== undefined)
        .map((name) => [name, new HandlerMeter(rule.edgeWorkerId, name, handlerLimits(tier, name))]),
    );
  }

  /** @throws EdgeError `BUNDLE_REFUSED` */
  static async load(setting: EdgeWorkerSetting, rule: EdgeRule): Promise<EdgeWorker> {
    const { tier, contexts = DEFAULT_CONTEXTS } = setting.options;
    const { initWallMs } = TIER_LIMITS[tier];
    const bundles: LoadedBundle[] = [];
    while (bundles.length < contexts) {
      bundles.push(await loadBundle(rule, initWallMs, (made) => initCall(setting, made, initWallMs)));
    }
    return new EdgeWorker(setting, rule, bundles);
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
    const meter = this.#meters.get(handler)?.begin();
    if (bundle === undefined || run === undefined || meter === undefined) throw new TypeError(`no ${handler} here`);
    const { call, wallMs } = this.#beginCall(handler, exchange, bundle, meter);
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
    return outcome;
  }

  #beginCall(handler: HandlerName, exchange: Exchange, bundle: LoadedBundle, meter: CallMeter) {
    const { options, regions, sender, now } = this.#setting;
    const limits = handlerLimits(options.tier, handler);
    const { host: parentHost, arrivedAt } = exchange;
    const { properties } = options;
    const subRequests = new SubRequests({ caller: handler, limits, properties, parentHost, arrivedAt, sender, meter });
    const { wallMs, subRequestWallMs: afterMs } = limits;
    const call = new HandlerCall({ context: bundle.context, regions, meter, subRequests, wallMs, afterMs, now: now() });
    return { call, wallMs };
  }
}

/** Module-level code runs as a call that may send nothing, and that nobody measures. */
function initCall(
  { options, regions, sender, now }: EdgeWorkerSetting,
  { context }: EdgeContext,
  wallMs: number,
): HandlerCall {
  const limits = { ...TIER_LIMITS[options.tier].inline, subRequests: 0 };
  const ignore = (): void => undefined;
  const meter = { used: ignore, failed: ignore, subRequest: ignore, answered: ignore, fresh: ignore, log: ignore };
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
