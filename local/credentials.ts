import { z } from 'zod';
import { principalKeyId } from '../functions/shared/principal-key.ts';
import { parseVersionedKeys } from '../functions/shared/versioned-keys.ts';

/** What a sender needs to sign a batch: the EdgeKV item of design §3.4, or the key of a principal that has no token. */
export interface Credentials {
  /** Undefined where a client certificate alone proves who sends. */
  readonly token: string | undefined;
  readonly key: Uint8Array;
  readonly keyId: string;
  /** Seconds since the epoch, as `exp` of the token. Without a token there is none: infinity. */
  readonly exp: number;
}

/** The credentials item cannot be read or used. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';
  readonly code = 'CREDENTIALS_INVALID';

  /** @param detail what was seen and expected, and the next step; nothing of the item's values but times */
  constructor(detail: string, options?: ErrorOptions) {
    super(`credentials: ${detail}`, options);
  }
}

/** As in authorizer and ingest (design §3.3). */
const CLOCK_TOLERANCE_SECONDS = 30;
/** With less than this left the item is read again before it is used. */
const FRESH_SECONDS = 60;

// Unknown members are ignored (design §3.4); zod's objects do so.
const ITEM = z.object({
  v: z.literal(1),
  token: z.string().regex(/^[\w-]+\.[\w-]+\.[\w-]+$/),
  key: z.string().regex(/^[\w-]{43}$/),
  keyId: z.string().regex(/^[\w.-]+$/),
  notBefore: z.int(),
  exp: z.int(),
});

/**
 * Parses a credentials item and checks that it may be used now.
 *
 * @param now seconds since the epoch
 * @throws CredentialsError
 */
export function parseCredentials(text: string, now: number): Credentials {
  const item = ITEM.safeParse(parseJson(text));
  if (!item.success) {
    const members = [...new Set(item.error.issues.map(({ path }) => path.join('.') || 'the item'))].join(', ');
    throw new CredentialsError(
      `${members} not as expected in an item {v: 1, token, key, keyId, notBefore, exp}. ` +
        'Check that --credentials names the item of an EdgeWorker.',
    );
  }
  const { token, key, keyId, notBefore, exp } = item.data;
  if (now >= exp) {
    throw new CredentialsError(`expired ${now - exp} s ago. See that the rotation runs, then send again.`);
  }
  if (now < notBefore - CLOCK_TOLERANCE_SECONDS) {
    throw new CredentialsError(`valid only in ${notBefore - now} s. Correct the clock of this machine.`);
  }
  return { token, key: Buffer.from(key, 'base64url'), keyId, exp };
}

/** Parses the key of a principal without a token, as its secret holds it. @throws VersionedKeysInvalidError */
export function parsePrincipalKey(text: string, principal: string): Credentials {
  const [{ version, key }] = parseVersionedKeys(text);
  return { token: undefined, key, keyId: principalKeyId(principal, version), exp: Number.POSITIVE_INFINITY };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export interface CredentialsReader {
  /** Credentials that hold at least a minute where the source has such. @throws CredentialsError */
  current(): Promise<Credentials>;
  /** Reads anew, unless that happened since `refused` was read. @throws CredentialsError */
  renew(refused: Credentials): Promise<Credentials>;
}

/**
 * Keeps credentials and reads them again before they expire; batches that are sent side by side share one read.
 *
 * @param read the item's text
 * @param now milliseconds since the epoch
 * @param parse the text, at a time in seconds since the epoch
 */
export function createCredentialsReader(
  read: () => Promise<string>,
  now: () => number,
  parse: (text: string, now: number) => Credentials = parseCredentials,
): CredentialsReader {
  let held: Credentials | undefined;
  let reading: Promise<Credentials> | undefined;

  const readOnce = (): Promise<Credentials> => {
    reading ??= read()
      .then((text) => {
        held = parse(text, Math.floor(now() / 1000));
        return held;
      })
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };

  return {
    async current() {
      if (held !== undefined && held.exp - now() / 1000 >= FRESH_SECONDS) return held;
      return readOnce();
    },
    async renew(refused) {
      if (held !== undefined && held.token !== refused.token) return held;
      return readOnce();
    },
  };
}
