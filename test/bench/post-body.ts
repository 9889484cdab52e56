import { type Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';

export interface PostAnswer {
  readonly status: number;
  readonly text: string;
}

/** One POST over the connections of an agent; Node's own `fetch` costs several times as much of the time that is measured. */
export function postBody(
  url: string,
  agent: Agent,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
): Promise<PostAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<PostAnswer>();
  const options = { agent, method: 'POST', headers: { ...headers, 'content-length': body.length } };
  request(url, options, (answer) => {
    text(answer).then((said) => resolve({ status: answer.statusCode ?? 0, text: said }), reject);
  })
    .on('error', reject)
    .end(body);
  return promise;
}
