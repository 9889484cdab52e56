import { Agent, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Answer, dropAnswer, plainAnswer, sendAnswer } from './answer.ts';
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
import { readMadeHead } from './made-head.ts';
import { matchRule } from './match-rule.ts';
import { handlerLimits } from './tier-limits.ts';

export interface ServedRule {
  readonly path: string;
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
    if (worker?.has('onClientRequest')) {
      const outcome = await worker.invoke(
        'onClientRequest',
        exchange,
        ({ requestObjects }) => [requestObjects.makeRequest(inlineRequest(exchange, changes, true))],
        () => ignoreResult,
      );
      if (outcome.kind === 'failed') return failureAnswer('onClientRequest');
      outcome.call.ended();
    }
    const answer =
      changes.respondedWith !== undefined
        ? respondedAnswer(changes.respondedWith)
        : worker?.has('responseProvider')
          ? await provide(exchange, worker)
          : await fetchSite(options.site, exchange, routed(exchange, changes), agent, response);
    return worker?.has('onClientResponse') ? finish(exchange, worker, answer) : answer;
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
    const exchange = readExchange(message, options.variables ?? {}, performance.now());
    // Akamai runs no handler for OPTIONS unless PMUSER_EW_ENABLE_OPTIONS says so.
    const worker = exchange.method === 'OPTIONS' ? undefined : matchRule(rules, exchange.path)?.worker;
    try {
      const answer = await answerOf(exchange, worker, response);
      if (response.destroyed) dropAnswer(answer);
      else await sendAnswer(answer, response);
    } catch (error) {
      process.stderr.write(`edge: ${exchange.method} ${exchange.path} was not answered: ${error}\n`);
      response.destroy();
    }
  };
}

async function finish(exchange: Exchange, worker: EdgeWorker, answer: Answer): Promise<Answer> {
  const changes: RequestChanges = {};
  const outcome = await worker.invoke(
    'onClientResponse',
    exchange,
    ({ requestObjects }) => [
      requestObjects.makeRequest(inlineRequest(exchange, changes, false)),
      requestObjects.makeResponse(clientResponse(answer)),
    ],
    () => ignoreResult,
  );
  if (outcome.kind === 'done') outcome.call.ended();
  if (outcome.kind === 'done' && changes.respondedWith === undefined) return answer;
  dropAnswer(answer);
  return changes.respondedWith === undefined || outcome.kind === 'failed'
    ? failureAnswer('onClientResponse')
    : respondedAnswer(changes.respondedWith);
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
