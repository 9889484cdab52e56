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
    return { status: response.status, body: parseBody(await response.text()) };
  } catch (cause) {
    throw new VaultError('VAULT_UNREACHABLE', what, describeSilence(cause), { cause });
  }
}

/** `fetch` wraps what happened to the socket: the code of Node's error is in the cause. */
function describeSilence(fault: unknown): string {
  const name = memberOf(fault, 'name');
  if (name === 'TimeoutError' || name === 'AbortError') return 'no answer in time';
  const code = memberOf(memberOf(fault, 'cause'), 'code');
  return `no connection (${typeof code === 'string' ? code : 'without a code'})`;
}

function memberOf(value: unknown, name: 'name' | 'cause' | 'code'): unknown {
  const held: Readonly<{ name?: unknown; cause?: unknown; code?: unknown }> | undefined =
    typeof value === 'object' && value !== null ? value : undefined;
  return held?.[name];
}
