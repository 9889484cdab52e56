import { Agent, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Answer, dropAnswer, plainAnswer, sendAnswer } from './answer.ts';
import { traceHeaders, traceOfBody } from './describe-trace.ts';
import type { EdgeOptions, HandlerName } from './edge-options.ts';
import type { EdgeWorker } from './edge-worker.ts';
import { type Exchange, readExchange } from './exchange.ts';
import { fetchSite } from './fetch-site.ts';
import {
  clientResponse,
  inlineRequest,
  providerRequest,
  type RequestChanges,
  type RespondedWith,
} from './handler-objects.ts';
import { HeaderList } from './header-list.ts';
import { readMadeHead } from './made-head.ts';
import { matchRule } from './match-rule.ts';
import { handlerLimits } from './tier-limits.ts';
import { withTrace } from './traced-body.ts';

export interface ServedRule {
  readonly path: string;
  readonly takesOptions: boolean;
  readonly worker: EdgeWorker;
}

/** One visitor's request from its arrival to its answer: rule, handlers, site. */
export function createServe(
  options: EdgeOptions,
  rules: readonly ServedRule[],
): (message: IncomingMessage, response: ServerResponse) => Promise<void> {
  const agent = new Agent({ keepAlive: true });

  const answerOf = async (
    exchange: Exchange,
    worker: EdgeWorker | undefined,
    response: ServerResponse,
  ): Promise<Answer> => {
    const changes: RequestChanges = {};
    const early = await runInline('onClientRequest', exchange, worker, changes);
    if (early?.kind === 'failed') return early.answer;
    const answer = early?.answer ?? (await made(exchange, worker, changes, response));
    const late = await runInline('onClientResponse', exchange, worker, {}, answer);
    return late?.answer ?? answer;
  };

  const made = async (
    exchange: Exchange,
    worker: EdgeWorker | undefined,
    changes: RequestChanges,
    response: ServerResponse,
  ): Promise<Answer> => {
    if (worker?.has('responseProvider')) return provide(exchange, worker);
    // What is changed on the way to the site is not what the visitor asked.
    const forward = { ...exchange, headers: new HeaderList(exchange.headers.raw()) };
    const before = await runInline('onOriginRequest', forward, worker, {});
    if (before !== undefined) return before.answer;
    const answer = await fetchSite(options.site, forward, routed(exchange, changes), agent, response);
    const after = await runInline('onOriginResponse', forward, worker, {}, answer);
    return after?.answer ?? answer;
  };

  const provide = async (exchange: Exchange, worker: EdgeWorker): Promise<Answer> => {
    const { memoryBytes } = handlerLimits(options.tier, 'responseProvider');
    const outcome = await worker.invoke(
      'responseProvider',
      exchange,
      ({ requestObjects }) => [requestObjects.makeRequest(providerRequest(exchange, memoryBytes))],
      ({ readResponse }) => readResponse,
    );
    if (outcome.kind === 'failed') return failureAnswer('responseProvider');
    const { value, call } = outcome;
    const { status, headers } = readMadeHead(value.head);
    if (typeof value.body === 'string') {
      call.ended();
      return { status, headers, body: { kind: 'text', text: value.body } };
    }
    // The handler goes on for as long as its stream is read.
    const body = { kind: 'made', stream: value.body, wallMs: call.leftMs(), sent: () => call.ended() } as const;
    return { status, headers, body };
  };

  return async (message, response) => {
    const { variables = {}, constants = {} } = options;
    const exchange = readExchange(message, variables, constants, performance.now());
    const rule = matchRule(rules, exchange.path);
    const worker = exchange.method !== 'OPTIONS' || rule?.takesOptions ? rule?.worker : undefined;
    try {
      const answer = traced(await answerOf(exchange, worker, response), exchange, worker);
      if (response.destroyed) dropAnswer(answer);
      else await sendAnswer(answer, response);
    } catch (error) {
      process.stderr.write(`edge: ${exchange.method} ${exchange.path} was not answered: ${error}\n`);
      response.destroy();
    }
  };
}

/** What the visitor gets because of a handler. */
interface HandlerAnswer {
  readonly kind: 'responded' | 'failed';
  readonly answer: Answer;
}

/**
 * Runs one of the handlers that look at a request on its way, and at its answer on the way back.
 *
 * @param answer on the way back
 * @returns undefined where the request goes on
 */
async function runInline(
  handler: Exclude<HandlerName, 'responseProvider'>,
  exchange: Exchange,
  worker: EdgeWorker | undefined,
  changes: RequestChanges,
  answer?: Answer,
): Promise<HandlerAnswer | undefined> {
  if (worker === undefined) return undefined;
  if (!worker.has(handler)) {
    exchange.trace?.unimplemented(handler);
    return undefined;
  }
  const outcome = await worker.invoke(
    handler,
    exchange,
    ({ requestObjects }) => [
      requestObjects.makeRequest(inlineRequest(exchange, changes, handler)),
      ...(answer === undefined ? [] : [requestObjects.makeResponse(clientResponse(answer))]),
    ],
    () => ignoreResult,
  );
  if (outcome.kind === 'done') outcome.call.ended();
  if (outcome.kind === 'done' && changes.respondedWith === undefined) return undefined;
  if (answer !== undefined) dropAnswer(answer);
  return changes.respondedWith === undefined || outcome.kind === 'failed'
    ? { kind: 'failed', answer: failureAnswer(handler) }
    : { kind: 'responded', answer: respondedAnswer(changes.respondedWith) };
}

/** Adds what the visitor asked to be told about the calls. */
function traced(answer: Answer, { trace }: Exchange, worker: EdgeWorker | undefined): Answer {
  if (trace === undefined || worker === undefined) return answer;
  for (const [name, value] of traceHeaders(worker.identity, trace)) answer.headers.add(name, [value]);
  return traceOfBody(worker.identity, trace) === undefined
    ? answer
    : withTrace(answer, () => traceOfBody(worker.identity, trace) ?? '');
}

/** Akamai's default for a handler that fails or is over a limit. Why stands in the report: a visitor gets no error text of a bundle. */
function failureAnswer(handler: HandlerName): Answer {
  return plainAnswer(500, `The EdgeWorker's ${handler} failed; the report of the local edge says why.`);
}

function respondedAnswer({ status, headers, body }: RespondedWith): Answer {
  return { status, headers, body: { kind: 'text', text: body } };
}

function routed({ path, query }: Exchange, changes: RequestChanges): string {
  const [to, asking] = [changes.path ?? path, changes.query ?? query];
  return asking === '' ? to : `${to}?${asking}`;
}

function ignoreResult(): void {}
