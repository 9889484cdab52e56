import type { AskedTrace } from './asked-trace.ts';
import type { FailureStatus, HandlerName } from './edge-options.ts';
import type { CallMeter } from './handler-meter.ts';

/** A sub-request as debug headers tell of it; times in milliseconds. */
export interface SubRequestTrace {
  readonly method: string;
  readonly url: string;
  /** Undefined: pending, or failed. */
  status?: number;
  /** Until its head came, or it failed. */
  ms?: number;
  /** Until its body was read. */
  totalMs?: number;
  error?: string;
  /** It waited because as many as may were under way. */
  queuedMs?: number;
}

/** One call of a handler, as it has gone so far. */
export interface CallTrace {
  readonly handler: HandlerName;
  status: 'Success' | 'UnimplementedEventHandler' | FailureStatus;
  message?: string;
  wallMs: number;
  cpuMs: number;
  heapBytes: number;
  readonly subRequests: SubRequestTrace[];
  readonly log: { readonly level: string; readonly message: string; readonly place: string }[];
}

/** What a visitor who asked for it is told about the calls of the EdgeWorker. */
export class RequestTrace {
  readonly asked: AskedTrace;
  readonly calls: CallTrace[] = [];

  constructor(asked: AskedTrace) {
    this.asked = asked;
  }

  /** A handler's turn has come that the bundle does not export. */
  unimplemented(handler: HandlerName): void {
    this.begin(handler).status = 'UnimplementedEventHandler';
  }

  begin(handler: HandlerName): CallTrace {
    const call: CallTrace = {
      handler,
      status: 'Success',
      wallMs: 0,
      cpuMs: 0,
      heapBytes: 0,
      subRequests: [],
      log: [],
    };
    this.calls.push(call);
    return call;
  }
}

/** Meters a call, and notes it in its trace. */
export function tracedMeter(meter: CallMeter, trace: CallTrace): CallMeter {
  return {
    ...meter,
    tellsPlace: true,
    used: (ms, bytes) => {
      trace.cpuMs += ms;
      trace.heapBytes += bytes;
      meter.used(ms, bytes);
    },
    failed: (status, message) => {
      trace.status = status;
      trace.message = message;
      meter.failed(status, message);
    },
    log: (level, message, stack) => {
      trace.log.push({ level, message, place: placeIn(stack) });
      meter.log(level, message, stack);
    },
  };
}

/** The nearest line of the bundle: only its modules are named as files. */
function placeIn(stack: string): string {
  return /([\w./-]+\.js:\d+):\d+/.exec(stack)?.[1] ?? '';
}

/** Follows a sub-request. */
export interface SubRequestNotes {
  readonly queued: () => void;
  readonly begun: () => void;
  readonly answered: (status: number) => void;
  readonly read: () => void;
  readonly failed: (message: string) => void;
}

export function noteSubRequest(trace: CallTrace, method: string, url: string): SubRequestNotes {
  const since = performance.now();
  const entry: SubRequestTrace = { method, url };
  trace.subRequests.push(entry);
  const passed = (): number => performance.now() - since;
  let isQueued = false;
  return {
    queued: () => {
      isQueued = true;
    },
    begun: () => {
      if (isQueued) entry.queuedMs = passed();
    },
    answered: (status) => {
      entry.status = status;
      entry.ms = passed();
    },
    read: () => {
      entry.totalMs = passed();
    },
    failed: (message) => {
      entry.error = message;
      entry.ms ??= passed();
    },
  };
}
