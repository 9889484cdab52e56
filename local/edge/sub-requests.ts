import type { ReadableStream } from 'node:stream/web';
import type { EdgeProperty } from './edge-options.ts';
import type { CallMeter } from './handler-meter.ts';
import { type AskedSubRequest, planSubRequest, type SubRequestPlan } from './plan-sub-request.ts';
import { type CallTrace, noteSubRequest, type SubRequestNotes } from './request-trace.ts';
import type { SubRequestSender } from './send-sub-request.ts';
import type { HandlerLimits } from './tier-limits.ts';

export interface SubRequestRules {
  /** Whose sub-requests these are, for messages. */
  readonly caller: string;
  readonly limits: HandlerLimits;
  readonly properties: Readonly<Record<string, EdgeProperty>>;
  /** Host header of the visitor's request. */
  readonly parentHost: string;
  /** `performance.now()` when the visitor's request came in. */
  readonly arrivedAt: number;
  readonly sender: SubRequestSender;
  readonly meter: CallMeter;
  /** Of the call, where somebody asked for it. */
  readonly trace?: CallTrace | undefined;
}

export interface SubRequest extends AskedSubRequest {
  readonly content: string | ReadableStream | undefined;
  /** Milliseconds, of the call's own choice. */
  readonly timeoutMs: number | undefined;
}

/** How the body of an answer ended. */
export type AnswerBody =
  | { readonly kind: 'read'; readonly bytes: Buffer }
  | { readonly kind: 'failed'; readonly message: string };

export interface SubAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly body: Promise<AnswerBody>;
}

/** What becomes of sub-requests when the handler has ended. */
export interface Hearing {
  /** Answers that the call hears from then on; undefined: all that come in time. */
  readonly hears: number | undefined;
  /** Called before the first answer that it does not hear. */
  readonly deaf: () => void;
}

export interface SubRequestSettle {
  readonly answered: (answer: SubAnswer) => void;
  readonly failed: (message: string) => void;
}

const EDGE_ANSWERS = {
  400: 'Bad Request: no property serves this hostname',
  403: 'Access Denied: the property does not allow this method',
  411: 'Length Required: the property takes no body of unknown length',
} as const;

/** Sub-requests of one handler call, under the limits of its tier. */
export class SubRequests {
  readonly #rules: SubRequestRules;
  readonly #waiting = new Set<() => void>();
  readonly #givingUp = new Set<(reason: string) => void>();
  #asked = 0;
  #active = 0;
  #lastMoment = Number.POSITIVE_INFINITY;
  #hearing: { left: number; readonly deaf: () => void } | undefined;

  constructor(rules: SubRequestRules) {
    this.#rules = rules;
  }

  /** The call has ended: what it left un-awaited has so much time, as one sub-request has (Akamai's guide: fire and forget). */
  ended({ hears, deaf }: Hearing): void {
    this.#lastMoment = performance.now() + this.#rules.limits.subRequestWallMs;
    if (hears !== undefined) this.#hearing = { left: hears, deaf };
  }

  /** Gives up all of them, and whatever is asked from now on. */
  close(): void {
    this.#lastMoment = Number.NEGATIVE_INFINITY;
    for (const giveUp of [...this.#givingUp]) giveUp('dropped');
  }

  send(asked: SubRequest, heard: SubRequestSettle): void {
    const { limits, caller, meter, parentHost, properties } = this.#rules;
    const notes = this.#noted(asked);
    const settle = this.#hear(heard, notes);
    this.#asked += 1;
    if (this.#asked > limits.subRequests) {
      meter.overLimit();
      settle.failed(`sub-request ${this.#asked} of one ${caller} call: the tier allows ${limits.subRequests}`);
      return;
    }
    meter.subRequest();
    const plan = planSubRequest(asked, parentHost, properties);
    switch (plan.kind) {
      case 'refused':
        settle.failed(plan.message);
        return;
      case 'answered': {
        meter.answered(`${plan.host} ${plan.status}`);
        const bytes = Buffer.from(EDGE_ANSWERS[plan.status]);
        const headers = { 'content-type': ['text/plain'], server: ['edgehouse local edge'] };
        settle.answered({ status: plan.status, headers, body: Promise.resolve({ kind: 'read', bytes }) });
        return;
      }
      case 'sent':
        this.#queue(asked, plan, settle, notes);
        return;
      default:
        plan satisfies never;
    }
  }

  #noted({ method, url }: SubRequest): SubRequestNotes | undefined {
    const { trace, parentHost } = this.#rules;
    if (trace === undefined) return undefined;
    return noteSubRequest(trace, method, URL.canParse(url) ? url : `https://${parentHost}${url}`);
  }

  #hear({ answered, failed }: SubRequestSettle, notes: SubRequestNotes | undefined): SubRequestSettle {
    const count = (): void => {
      if (this.#hearing === undefined) return;
      if (this.#hearing.left === 0) this.#hearing.deaf();
      else this.#hearing.left -= 1;
    };
    return {
      answered: (answer) => {
        count();
        notes?.answered(answer.status);
        if (notes !== undefined)
          answer.body.then((body) => (body.kind === 'read' ? notes.read() : notes.failed(body.message)));
        answered(answer);
      },
      failed: (message) => {
        count();
        notes?.failed(message);
        failed(message);
      },
    };
  }

  #queue(
    asked: SubRequest,
    plan: SubRequestPlan & { kind: 'sent' },
    settle: SubRequestSettle,
    notes: SubRequestNotes | undefined,
  ): void {
    const { limits, meter } = this.#rules;
    const left = Math.min(
      asked.timeoutMs ?? limits.subRequestWallMs,
      limits.subRequestWallMs,
      this.#lastMoment - performance.now(),
    );
    // Akamai's edgekv.js knows a timeout by the words "subrequest to URL" and "timed out".
    const name = `subrequest to URL ${asked.url}`;
    if (!(left > 0)) {
      meter.answered(`${plan.host} dropped`);
      settle.failed(`${name} timed out before it began: the handler call is over`);
      return;
    }
    const body = Promise.withResolvers<AnswerBody>();
    let abort: (() => void) | undefined;
    let failed = settle.failed;
    const over = (): void => {
      clearTimeout(timer);
      this.#givingUp.delete(giveUp);
      this.#waiting.delete(begin);
      if (abort === undefined) return;
      this.#active -= 1;
      const [next] = this.#waiting;
      next?.();
    };
    const fail = (outcome: string, message: string): void => {
      // What had a head is counted by its status.
      if (failed === settle.failed) meter.answered(`${plan.host} ${outcome}`);
      failed(`${name} ${message}`);
      over();
    };
    const giveUp = (outcome: string): void => {
      abort?.();
      fail(outcome, `timed out after ${Math.round(left)} ms`);
    };
    const begin = (): void => {
      this.#waiting.delete(begin);
      this.#active += 1;
      notes?.begun();
      const { method, content } = asked;
      const { origin, originTls, path, headers } = plan;
      abort = this.#rules.sender.send(
        { origin, originTls, path, method, headers, body: content, limitBytes: limits.subRequestBytes },
        {
          head: (status, answerHeaders) => {
            this.#count(plan.host, method, status);
            // From here on, what fails is the reading of the body.
            failed = (message) => body.resolve({ kind: 'failed', message });
            settle.answered({ status, headers: answerHeaders.all(), body: body.promise });
          },
          end: (bytes) => {
            body.resolve({ kind: 'read', bytes });
            over();
          },
          failed: (message) => fail('error', message),
        },
      );
    };
    const timer = setTimeout(() => giveUp('timeout'), left);
    this.#givingUp.add(giveUp);
    if (this.#active < limits.parallelSubRequests) begin();
    else {
      notes?.queued();
      this.#waiting.add(begin);
    }
  }

  #count(host: string, method: string, status: number): void {
    this.#rules.meter.answered(`${host} ${status}`);
    if (method === 'POST' && status >= 200 && status < 300)
      this.#rules.meter.fresh(performance.now() - this.#rules.arrivedAt);
  }
}
