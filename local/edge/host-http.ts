import { enterCurrent } from './enter-current.ts';
import { currentCall } from './handler-call.ts';
import { streamOf } from './host-streams.ts';
import type { HostAnswer, HostHttp } from './inside/http-request.ts';
import type { AnswerBody, SubAnswer } from './sub-requests.ts';

interface ToldOptions {
  readonly method?: string;
  readonly timeout?: number;
  readonly headers: readonly (readonly [string, readonly string[]])[];
}

/** The module `http-request`, down to the sub-requests of the call that asks. */
export const hostHttp: HostHttp = {
  request: (resolve, reject, url, told, content) => {
    const call = currentCall.getStore();
    const enter = enterCurrent();
    const { method = 'GET', timeout, headers }: ToldOptions = JSON.parse(told);
    const body = content === undefined ? 'none' : typeof content === 'string' ? 'text' : 'stream';
    // After the region: what sending costs here is not the handler's.
    queueMicrotask(() =>
      call?.subRequests.send(
        { url, method: method.toUpperCase(), headers, body, content, timeoutMs: timeout },
        {
          answered: (answer) => enter(() => resolve(answerIn(answer))),
          failed: (message) => enter(() => reject(message)),
        },
      ),
    );
  },
};

function answerIn(answer: SubAnswer): HostAnswer {
  return {
    status: answer.status,
    headers: JSON.stringify(answer.headers),
    text: (resolve, reject) => {
      const enter = enterCurrent();
      answer.body.then((body) =>
        enter(() => (body.kind === 'read' ? resolve(body.bytes.toString('utf8')) : reject(body.message))),
      );
    },
    stream: () => streamOf(async () => bytesOf(await answer.body)),
  };
}

function bytesOf(body: AnswerBody): Uint8Array {
  if (body.kind === 'failed') throw new Error(body.message);
  return body.bytes;
}
