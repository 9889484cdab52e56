import { describeSilence } from './describe-silence.ts';
import { readBoundedText } from './read-bounded-text.ts';
import { parseBody, type VaultAnswer } from './vault-answer.ts';
import { VaultError } from './vault-error.ts';

export interface VaultServer {
  /** An origin. */
  readonly address: string;
  readonly namespace?: string | undefined;
  readonly fetch: typeof globalThis.fetch;
}

export interface VaultRequest {
  /** For the error: `Reading secret a/b`. */
  readonly what: string;
  /** Below `/v1/`, already encoded. */
  readonly path: string;
  /** Absent only for a login. */
  readonly token?: string;
  /** Is sent with POST; without it, GET. */
  readonly body?: object;
  readonly timeoutMs: number;
}

/** Vault takes requests up to 32 MiB, but keeps at most about 1 MiB under one name. */
const MOST_ANSWER_BYTES = 2_097_152;

/**
 * One exchange with Vault or OpenBao, whatever the status.
 *
 * @throws VaultError `VAULT_UNREACHABLE` where no answer came
 */
export async function askVault(
  { address, namespace, fetch }: VaultServer,
  { what, path, token, body, timeoutMs }: VaultRequest,
): Promise<VaultAnswer> {
  try {
    const response = await fetch(new URL(`/v1/${path}`, address), {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        // A proxy of Vault's may demand it, against requests that a browser or a service was tricked into (API reference).
        'x-vault-request': 'true',
        ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }),
        ...(token === undefined ? {} : { 'x-vault-token': token }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // `fetch` would take the token along to wherever an answer points.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    return { status: response.status, body: parseBody((await readBoundedText(response, MOST_ANSWER_BYTES)) ?? '') };
  } catch (cause) {
    throw new VaultError('VAULT_UNREACHABLE', what, describeFailure(cause), { cause });
  }
}

function describeFailure(fault: unknown): string {
  const seen = describeSilence(fault);
  return 'reason' in seen ? `${seen.silence} (${seen.reason})` : seen.silence;
}
