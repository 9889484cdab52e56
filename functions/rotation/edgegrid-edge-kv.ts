import type { Clock } from '../shared/clock.ts';
import type { EdgeKv } from '../shared/edge-kv.ts';
import { EdgeKvError, type EdgeKvSilence } from './edge-kv-error.ts';
import type { EdgegridCredential } from './edgegrid-credential.ts';
import { readEdgeKvRefusal } from './read-edge-kv-refusal.ts';
import { signEdgegrid } from './sign-edgegrid.ts';

export interface EdgegridEdgeKvOptions {
  readonly credential: EdgegridCredential;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  /** From 0 to 1, as `Math.random`. */
  readonly random: () => number;
  /** A new unique text without `;`. */
  readonly newNonce: () => string;
  readonly pause: (milliseconds: number) => Promise<void>;
  /** When it aborts, no further attempt begins. */
  readonly signal: AbortSignal;
}

/** A write was seen to take 2 to 4 s. */
const ATTEMPT_MS = 12_000;
const MOST_ATTEMPTS = 3;

/**
 * Writes items through Akamai's administrative API. A write that met a limit, a failure of theirs or silence is tried again:
 * putting an item twice changes nothing. `put` throws EdgeKvError.
 */
export function createEdgegridEdgeKv(options: EdgegridEdgeKvOptions): EdgeKv {
  return {
    async put(network, namespace, group, item, value) {
      const names = { networks: network, namespaces: namespace, groups: group, items: item };
      const path = Object.entries(names).map(([kind, name]) => `${kind}/${encodeURIComponent(name)}`);
      const url = new URL(`/edgekv/v1/${path.join('/')}`, options.credential.origin);
      for (let attempt = 1; ; attempt++) {
        const failure = await tryPut(url, `${network}/${namespace}/${group}/${item}`, value, options);
        if (failure === undefined) return;
        if (!failure.retryable || attempt === MOST_ATTEMPTS || options.signal.aborted) throw failure;
        // Doubling from a second, half of it by chance.
        await options.pause(2 ** (attempt - 1) * (500 + 500 * options.random()));
      }
    },
  };
}

/** One attempt: a time and a nonce of its own, because Akamai takes neither twice. */
async function tryPut(
  url: URL,
  place: string,
  value: string,
  { credential, fetch, clock, newNonce, signal }: EdgegridEdgeKvOptions,
): Promise<EdgeKvError | undefined> {
  const request = { method: 'PUT', url, body: value } as const;
  const authorization = signEdgegrid(request, credential, { time: clock(), nonce: newNonce() });
  try {
    const response = await fetch(url, {
      method: 'PUT',
      headers: { authorization, 'content-type': 'application/json' },
      body: value,
      // Answered as it is: what is signed is for this address only.
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_MS)]),
    });
    const answer = await response.text();
    if (response.ok) return undefined;
    return new EdgeKvError(place, readEdgeKvRefusal(response.status, response.headers, answer, clock()));
  } catch (cause) {
    return new EdgeKvError(place, describeSilence(cause), { cause });
  }
}

/** `fetch` wraps what happened to the socket: the code of Node's error is in the cause. */
function describeSilence(fault: unknown): EdgeKvSilence {
  const name = memberOf(fault, 'name');
  if (name === 'TimeoutError' || name === 'AbortError') return { silence: 'no answer in time' };
  const code = memberOf(memberOf(fault, 'cause'), 'code');
  return { silence: 'no connection', reason: typeof code === 'string' ? code : 'without a code' };
}

function memberOf(value: unknown, name: 'name' | 'cause' | 'code'): unknown {
  const held: Readonly<{ name?: unknown; cause?: unknown; code?: unknown }> | undefined =
    typeof value === 'object' && value !== null ? value : undefined;
  return held?.[name];
}
