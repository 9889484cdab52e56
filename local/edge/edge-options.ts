/** Akamai's resource tiers, by their names in Property Manager. */
export type Tier = 'basic' | 'dynamic' | 'enterprise';

/** Event handlers that run here. There is no cache, so the origin's two run for each request that goes on to the site. */
export type HandlerName =
  | 'onClientRequest'
  | 'onOriginRequest'
  | 'onOriginResponse'
  | 'onClientResponse'
  | 'responseProvider';

export interface EdgeOptions {
  /** Loopback port. @default any free one */
  readonly port?: number;
  /** Sets every limit (`tier-limits.ts`). */
  readonly tier: Tier;
  /** Rules of the property: the first that matches a path serves it. A path that no rule matches goes to the site only. */
  readonly rules: readonly EdgeRule[];
  /** Hostnames that Akamai serves, without port. A sub-request to any other is answered 400. */
  readonly properties: Readonly<Record<string, EdgeProperty>>;
  /** Origin of the site behind the edge, `http://127.0.0.1:port`. @default the edge answers each page itself, with 404 */
  readonly site?: string;
  /**
   * Variables that the property sets from request headers, `{ PMUSER_EVENT_TIME: 'x-event-time' }`. Such a header reaches neither the
   * EdgeWorker nor the site. @default none
   */
  readonly variables?: Readonly<Record<string, string>>;
  /** Variables that the property sets to a value. @default none */
  readonly constants?: Readonly<Record<string, string>>;
  /** What Akamai leaves open and nobody knows, drawn by chance. @default everything that a call leaves un-awaited completes */
  readonly chance?: EdgeChance;
  /** JavaScript contexts for each rule; any of them serves a request, so what a module keeps is best effort. @default 4 */
  readonly contexts?: number;
}

export interface EdgeChance {
  /** The same requests in the same order meet the same fate. */
  readonly seed: number;
  /**
   * Fraction of calls, from 0 to 1, whose un-awaited work is dropped: it hears none, one or two more answers of its sub-requests, and after
   * that nothing of it runs. What it has sent by then arrives.
   */
  readonly dropped: number;
}

export interface EdgeRule {
  /** Exact (`/collect`), or the beginning of a path and a final `*`. */
  readonly path: string;
  readonly edgeWorkerId: number;
  readonly version: string;
  /** Text of the bundle's `main.js`. */
  readonly mainJs: string;
  /** Texts of its other modules by their path in the bundle, such as `utils/lib.js`. @default none */
  readonly modules?: Readonly<Record<string, string>>;
  /** Of the EdgeWorker, for debug headers. @default `local` */
  readonly name?: string;
  /** What the property says with `PMUSER_EW_ENABLE_OPTIONS`: without it, Akamai runs no handler for OPTIONS. @default false */
  readonly takesOptions?: boolean;
}

/** PEM, all of it. */
export interface OriginTls {
  /** The client certificate, with whatever leads up to its root. */
  readonly certificate: string;
  readonly privateKey: string;
  /** The CAs of the origin's own certificate. */
  readonly authorities: string;
}

/** A property as a sub-request meets it. */
export interface EdgeProperty {
  /** `http://127.0.0.1:port`, or `https`; sub-requests carry its Host, as with Forward Host Header = Origin Hostname. */
  readonly origin: string;
  /** Behaviour `mtlsOriginKeystore`: what the property shows to an origin of `https`, and whom it believes there. @default nothing */
  readonly originTls?: OriginTls;
  /** Behaviour `allowPost`: without it a POST is answered 403. */
  readonly allowPost: boolean;
  /** Behaviours `allowPut` and `allowDelete`, the same for these. @default false */
  readonly allowPutAndDelete?: boolean;
  /** Without it a body of unknown length, so any stream, is answered 411. @default false */
  readonly allowWithoutContentLength?: boolean;
  /** Headers that the property adds on the way to its origin, or replaces. @default none */
  readonly requestHeaders?: Readonly<Record<string, string>>;
}

export interface Edge {
  /** Origin, `http://127.0.0.1:port`. */
  readonly url: string;
  /** Resolves when the edge's process has ended, whoever ended it. */
  readonly gone: Promise<void>;
  /** What ran so far. Rejects with `EDGE_GONE` when the edge's process has ended. */
  report(): Promise<EdgeReport>;
  /** Ends the process: requests under way get up to 5 s, then sub-requests that nobody awaits up to 4 s. */
  stop(): Promise<void>;
}

export interface EdgeReport {
  /** How processor time and heap are estimated, in one sentence. */
  readonly method: string;
  readonly workers: readonly WorkerReport[];
  readonly handlers: readonly HandlerReport[];
}

/** What the module-level code of an EdgeWorker used, in the slowest of its contexts. */
export interface WorkerReport {
  readonly edgeWorkerId: number;
  readonly initWallMs: number;
  readonly initCpuMs: number;
  /** Above the tier's limit of processor time. */
  readonly overInitCpu: boolean;
}

/** How a handler call can fail, in Akamai's words. Processor time and heap are reported and never enforced, so two of them are not here. */
export type FailureStatus = 'ExecutionError' | 'WallTimeoutError';

export interface LogLine {
  readonly level: string;
  /** At most 1 KB, as JavaScript logs in DataStream 2. */
  readonly message: string;
}

/** Percentiles are over the last 10,000 calls, the rest over all; undefined before the first. */
export interface HandlerReport {
  readonly edgeWorkerId: number;
  readonly handler: HandlerName;
  readonly invocations: number;
  readonly failures: Readonly<Partial<Record<FailureStatus, number>>>;
  /** Milliseconds a call, the work after its end included. */
  readonly cpuMs: { readonly p50?: number; readonly p99?: number; readonly max?: number };
  /** Calls whose estimate is above the tier's limit. */
  readonly overCpu: number;
  readonly heapKb: { readonly p50?: number; readonly p99?: number; readonly max?: number };
  /** Calls whose estimate is above the tier's limit. */
  readonly overMemory: number;
  readonly subRequests: {
    readonly total: number;
    readonly maxPerInvocation: number;
    /** Those that the tier does not allow, which were rejected. */
    readonly overLimit: number;
    /** `host status`, or `host timeout`, `host error` and `host dropped` (the call was over, failed, or met with that chance). */
    readonly byHostAndStatus: Readonly<Record<string, number>>;
  };
  /** From the visitor's request to the head of the last 2xx answer to a POST sub-request of the call. */
  readonly freshnessMs: { readonly p50?: number; readonly p99?: number };
  /** The last 100, and a line for each failed call, as `log-uncaught-exception` writes it. */
  readonly logLines: readonly LogLine[];
}
