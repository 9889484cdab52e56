import type { FailureStatus, HandlerName, HandlerReport, LogLine } from './edge-options.ts';
import { Samples } from './samples.ts';
import type { HandlerLimits } from './tier-limits.ts';

const LOG_LINES = 100;
const LOG_MESSAGE_CHARS = 1024;

/** What one handler of one EdgeWorker used, over all its calls. */
export class HandlerMeter {
  readonly #edgeWorkerId: number;
  readonly #handler: HandlerName;
  readonly #limits: HandlerLimits;
  readonly #cpuMs = new Samples();
  readonly #heapBytes = new Samples();
  readonly #freshnessMs = new Samples();
  readonly #failures: Partial<Record<FailureStatus, number>> = {};
  readonly #answers = new Map<string, number>();
  readonly #logLines: LogLine[] = [];
  #invocations = 0;
  #overCpu = 0;
  #overMemory = 0;
  #subRequests = 0;
  #maxSubRequests = 0;
  #overSubRequests = 0;

  constructor(edgeWorkerId: number, handler: HandlerName, limits: HandlerLimits) {
    this.#edgeWorkerId = edgeWorkerId;
    this.#handler = handler;
    this.#limits = limits;
  }

  /** Counts a call, and follows it until after its end. */
  begin(): CallMeter {
    this.#invocations += 1;
    const [cpuPlace, heapPlace] = [this.#cpuMs.add(0), this.#heapBytes.add(0)];
    let [cpuMs, heapBytes, subRequests] = [0, 0, 0];
    let freshPlace: number | undefined;
    return {
      used: (ms, bytes) => {
        const { cpuMs: cpuLimit, memoryBytes } = this.#limits;
        if (cpuMs <= cpuLimit && cpuMs + ms > cpuLimit) this.#overCpu += 1;
        if (heapBytes <= memoryBytes && heapBytes + bytes > memoryBytes) this.#overMemory += 1;
        cpuMs += ms;
        heapBytes += bytes;
        this.#cpuMs.raise(cpuPlace, cpuMs);
        this.#heapBytes.raise(heapPlace, heapBytes);
      },
      failed: (status, message) => {
        this.#failures[status] = (this.#failures[status] ?? 0) + 1;
        this.#log('error', `${status}: ${message}`);
      },
      subRequest: () => {
        subRequests += 1;
        this.#subRequests += 1;
        this.#maxSubRequests = Math.max(this.#maxSubRequests, subRequests);
      },
      overLimit: () => {
        this.#overSubRequests += 1;
      },
      answered: (hostAndStatus) => this.#answers.set(hostAndStatus, (this.#answers.get(hostAndStatus) ?? 0) + 1),
      fresh: (ms) => {
        if (freshPlace === undefined) freshPlace = this.#freshnessMs.add(ms);
        else this.#freshnessMs.raise(freshPlace, ms);
      },
      log: (level, message) => this.#log(level, message),
      tellsPlace: false,
    };
  }

  report(): HandlerReport {
    return {
      edgeWorkerId: this.#edgeWorkerId,
      handler: this.#handler,
      invocations: this.#invocations,
      failures: { ...this.#failures },
      cpuMs: figures({ p50: this.#cpuMs.percentile(0.5), p99: this.#cpuMs.percentile(0.99), max: this.#cpuMs.max }),
      overCpu: this.#overCpu,
      heapKb: figures({
        p50: inKb(this.#heapBytes.percentile(0.5)),
        p99: inKb(this.#heapBytes.percentile(0.99)),
        max: inKb(this.#heapBytes.max),
      }),
      overMemory: this.#overMemory,
      subRequests: {
        total: this.#subRequests,
        maxPerInvocation: this.#maxSubRequests,
        overLimit: this.#overSubRequests,
        byHostAndStatus: Object.fromEntries([...this.#answers].sort()),
      },
      freshnessMs: figures({ p50: this.#freshnessMs.percentile(0.5), p99: this.#freshnessMs.percentile(0.99) }),
      logLines: [...this.#logLines],
    };
  }

  #log(level: string, message: string): void {
    this.#logLines.push({ level, message: message.slice(0, LOG_MESSAGE_CHARS) });
    if (this.#logLines.length > LOG_LINES) this.#logLines.shift();
  }
}

/** What one call of a handler uses. */
export interface CallMeter {
  readonly used: (ms: number, bytes: number) => void;
  readonly failed: (status: FailureStatus, message: string) => void;
  readonly subRequest: () => void;
  /** One more than the tier allows was asked for, and rejected. */
  readonly overLimit: () => void;
  /** @param hostAndStatus `api.example.com 200` */
  readonly answered: (hostAndStatus: string) => void;
  /** @param ms from the visitor's request to an answer that says stored */
  readonly fresh: (ms: number) => void;
  /** @param stack of the place in the bundle; empty unless `tellsPlace` */
  readonly log: (level: string, message: string, stack: string) => void;
  readonly tellsPlace: boolean;
}

function inKb(bytes: number | undefined): number | undefined {
  return bytes === undefined ? undefined : bytes / 1024;
}

/** Rounds to micros; leaves out what there is no sample for. */
function figures<K extends string>(values: Readonly<Record<K, number | undefined>>): Partial<Record<K, number>> {
  const rounded: Partial<Record<K, number>> = {};
  for (const name in values) {
    const value = values[name];
    if (value !== undefined) rounded[name] = Math.round(value * 1000) / 1000;
  }
  return rounded;
}
