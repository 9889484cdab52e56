import { describeSilence } from '../shared/describe-silence.ts';
import { MOST_ITEM_BYTES, type ReadableEdgeKv } from '../shared/edge-kv.ts';
import { nameFault } from '../shared/edge-kv-names.ts';
import { type AkamaiAnswer, type AkamaiPorts, type AkamaiRequest, askAkamai } from './ask-akamai.ts';
import { EdgeKvError } from './edge-kv-error.ts';
import { readAkamaiRefusal } from './read-akamai-refusal.ts';

export interface EdgegridEdgeKvOptions extends Omit<AkamaiPorts, 'signal'> {
  /** From 0 to 1, as `Math.random`. */
  readonly random: () => number;
  readonly pause: (milliseconds: number) => Promise<void>;
  /** When it aborts, no further attempt begins. */
  readonly signal: AbortSignal;
}

/** A write was seen to take 2 to 4 s. */
const ATTEMPT_MS = 12_000;
const MOST_ATTEMPTS = 3;
/** An item, or what Akamai says of a refusal, is a few KB. */
const MOST_ANSWER_BYTES = 65_536;

/** EdgeKV would refuse the item as it stands, so it is not asked. */
export class EdgeKvItemError extends Error {
  override readonly name = 'EdgeKvItemError';
  readonly code = 'EDGEKV_ITEM_INVALID';
  readonly retryable = false;
}

/** An item could not be looked at: that says nothing of whether it is there. */
export class EdgeKvReadError extends Error {
  override readonly name = 'EdgeKvReadError';
  readonly code = 'EDGEKV_READ_FAILED';
  readonly retryable = true;
  constructor(place: string, seen: string, options?: ErrorOptions) {
    super(
      `EdgeKV did not show item ${place}: ${seen}. Check that the API client may read this namespace; the item itself may be well.`,
      options,
    );
  }
}

/**
 * Writes and reads items through Akamai's administrative API. A write that met a limit, a failure of theirs or silence is tried
 * again: putting an item twice changes nothing. Names and size are checked before Akamai is asked. `put` throws EdgeKvItemError
 * and EdgeKvError, `get` EdgeKvReadError.
 */
export function createEdgegridEdgeKv(options: EdgegridEdgeKvOptions): ReadableEdgeKv {
  return {
    async put(network, namespace, group, item, value) {
      const bytes = Buffer.byteLength(value);
      const tooLarge =
        bytes > MOST_ITEM_BYTES ? `The item has ${bytes} bytes. Expected at most ${MOST_ITEM_BYTES}.` : undefined;
      const fault = nameFault({ namespace, group, item }) ?? tooLarge;
      if (fault !== undefined) throw new EdgeKvItemError(`${fault} Next: correct it in edgehouse.config.ts.`);
      const place = `${network}/${namespace}/${group}/${item}`;
      for (let attempt = 1; ; attempt++) {
        const failure = await tryPut(urlOf(place, options), place, value, options);
        if (failure === undefined) return;
        if (!failure.retryable || attempt === MOST_ATTEMPTS || options.signal.aborted) throw failure;
        // Doubling from a second, half of it by chance.
        await options.pause(2 ** (attempt - 1) * (500 + 500 * options.random()));
      }
    },
    async get(network, namespace, group, item) {
      const fault = nameFault({ namespace, group, item });
      if (fault !== undefined) throw new EdgeKvItemError(`${fault} Next: correct it in edgehouse.config.ts.`);
      return look(`${network}/${namespace}/${group}/${item}`, options);
    },
  };
}

const KINDS = ['networks', 'namespaces', 'groups', 'items'];

/** @param place of names that need no escape */
function urlOf(place: string, { credential }: EdgegridEdgeKvOptions): URL {
  const path = place.split('/').map((name, index) => `${KINDS[index]}/${name}`);
  return new URL(`/edgekv/v1/${path.join('/')}`, credential.origin);
}

/** One attempt, and no other: who looks for an item looks again later anyway. */
async function look(place: string, options: EdgegridEdgeKvOptions): Promise<string | undefined> {
  const { response, text } = await ask({ method: 'GET', url: urlOf(place, options), body: '' }, options).catch(
    (cause: unknown) => {
      throw new EdgeKvReadError(place, describeSilence(cause).silence, { cause });
    },
  );
  if (response.status === 404) return undefined;
  if (!response.ok) throw new EdgeKvReadError(place, `status ${response.status}`);
  return text;
}

async function tryPut(
  url: URL,
  place: string,
  value: string,
  options: EdgegridEdgeKvOptions,
): Promise<EdgeKvError | undefined> {
  try {
    const { response, text } = await ask({ method: 'PUT', url, body: value }, options);
    if (response.ok) return undefined;
    return new EdgeKvError(place, readAkamaiRefusal(response.status, response.headers, text, options.clock()));
  } catch (cause) {
    return new EdgeKvError(place, describeSilence(cause), { cause });
  }
}

async function ask(
  request: Pick<AkamaiRequest, 'method' | 'url' | 'body'>,
  options: EdgegridEdgeKvOptions,
): Promise<AkamaiAnswer> {
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(ATTEMPT_MS)]);
  const asked = { ...request, contentType: 'application/json', mostAnswerBytes: MOST_ANSWER_BYTES };
  return askAkamai(asked, { ...options, signal });
}
