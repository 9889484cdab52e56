import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { askAkamai } from '../functions/rotation/ask-akamai.ts';
import type { EdgegridCredential } from '../functions/rotation/edgegrid-credential.ts';
import { readAkamaiRefusal } from '../functions/rotation/read-akamai-refusal.ts';
import { describeSilence } from '../functions/shared/describe-silence.ts';
import { parseRetryAfter } from '../functions/shared/retry-after.ts';
import { AkamaiApiError, type ApiRefusal } from './akamai-api-error.ts';
import type { CommandIo } from './command-io.ts';
import type { EdgegridAccess } from './edgerc.ts';
import { parseJson } from './parse-json.ts';

export type ApiPorts = Pick<CommandIo, 'fetch' | 'now' | 'random' | 'wait'>;

export interface ApiRequest<T> {
  /** What is asked for, as an infinitive, for the message of an error. */
  readonly what: string;
  readonly method: 'GET' | 'PUT' | 'POST';
  /** From the root of the API's host. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** A text is JSON, bytes are a bundle. */
  readonly body?: string | Uint8Array;
  /** Of the answer. */
  readonly schema: z.ZodType<T>;
}

/** Asks once. Throws AkamaiApiError. */
export type AskApi = <T>(request: ApiRequest<T>) => Promise<T>;

const MOST_ATTEMPTS = 6;
/** A bundle has up to 512 KiB, and is run by Akamai before it answers. */
const ATTEMPT_MS = 120_000;
/** All activations that a network has ever seen: some 300 bytes each. */
const MOST_ANSWER_BYTES = 4 * 1_024 * 1_024;
const MOST_PAUSE_MS = 120_000;

export function openAkamaiApi({ credential, accountSwitchKey }: EdgegridAccess, { fetch, now }: ApiPorts): AskApi {
  return async ({ what, method, path, query, body = '', schema }) => {
    const url = new URL(path, credential.origin);
    const account = accountSwitchKey === undefined ? {} : { accountSwitchKey };
    url.search = new URLSearchParams({ ...query, ...account }).toString();
    const contentType = typeof body === 'string' ? 'application/json' : 'application/gzip';
    const asked = { method, url, body, contentType, mostAnswerBytes: MOST_ANSWER_BYTES };
    const signal = AbortSignal.timeout(ATTEMPT_MS);
    const ports = { credential, fetch, clock: now, newNonce: randomUUID, signal };
    const { response, text } = await askAkamai(asked, ports).catch((cause: unknown) => {
      throw new AkamaiApiError(what, describeSilence(cause), { cause });
    });
    if (!response.ok) throw new AkamaiApiError(what, readRefusal(response, text, credential, now()));
    const parsed = schema.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    // No deeper: names further down may be the answer's own.
    const at = String(parsed.error.issues[0]?.path[0] ?? 'its body');
    throw new AkamaiApiError(what, { misanswer: `status ${response.status}, but ${at} is not as documented` });
  };
}

/** Asks for what may be asked twice: up to six times, where it fails in a way that may pass. */
export function askAgain(ask: AskApi, ports: Pick<ApiPorts, 'random' | 'wait'>): AskApi {
  return async (request) => {
    for (let attempts = 1; ; attempts++) {
      try {
        return await ask(request);
      } catch (error) {
        if (!(error instanceof AkamaiApiError) || !error.retryable || attempts === MOST_ATTEMPTS) throw error;
        await pauseAfter(error, attempts, ports);
      }
    }
  };
}

/**
 * Does what must not be done twice: after a failure it looks whether it was done all the same, before it tries again. There may have
 * been no answer, or the one to the attempt before.
 *
 * @param look undefined where there is nothing of it
 */
export async function doOnce<T>(
  act: () => Promise<T>,
  look: () => Promise<T | undefined>,
  ports: Pick<ApiPorts, 'random' | 'wait'>,
): Promise<T> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof AkamaiApiError)) throw error;
      if (error.retryable) await pauseAfter(error, attempts, ports);
      const done = await look();
      if (done !== undefined) return done;
      if (!error.retryable || attempts === MOST_ATTEMPTS) throw error;
    }
  }
}

/** Waits as long as Akamai says, else doubling from a second, half of it by chance. @param attempts so far */
async function pauseAfter(
  { retryAfterMs }: AkamaiApiError,
  attempts: number,
  { random, wait }: Pick<ApiPorts, 'random' | 'wait'>,
): Promise<void> {
  const doubling = 2 ** (attempts - 1) * (500 + 500 * random());
  await wait(Math.min(Math.max(retryAfterMs, doubling), MOST_PAUSE_MS));
}

/** What is not there is no failure. */
export function unlessAbsent<T>(asked: Promise<T>): Promise<T | undefined> {
  return asked.catch((error: unknown) => {
    if (error instanceof AkamaiApiError && error.status === 404) return undefined;
    throw error;
  });
}

/** The last two hold a time; Akamai's own clients wait for it (terraform-provider-akamai, release notes 6.5.0 and 9.2.0). */
const WAITS = ['retry-after', 'x-ratelimit-next', 'akamai-ratelimit-next'] as const;

function readRefusal(
  response: Response,
  text: string,
  { clientToken, clientSecret, accessToken }: EdgegridCredential,
  now: number,
): ApiRefusal {
  const refusal = readAkamaiRefusal(response.status, response.headers, text, now);
  const detail = z.object({ detail: z.string().min(1) }).safeParse(parseJson(text)).data?.detail;
  const { errorCode, requestId, traceId } = refusal;
  const quotesUs = [clientToken, clientSecret, accessToken].some((value) =>
    [detail, errorCode, requestId, traceId].some((said) => said?.includes(value)),
  );
  return {
    ...(quotesUs ? { status: response.status } : refusal),
    detail: quotesUs ? undefined : detail,
    retryAfterMs: Math.max(...WAITS.map((name) => parseRetryAfter(response.headers.get(name), now))),
  };
}
