import { parseJsonObject } from './json-object.ts';

/** Token, and the batch key that belongs to it, as an EdgeKV item of version 1 holds them (design §3.4). */
export interface Credentials {
  readonly token: string;
  /** The batch key: base64url of 32 bytes. */
  readonly key: string;
  readonly keyId: string;
  /** Seconds since the epoch; so is `exp`, which is the token's own. */
  readonly notBefore: number;
  readonly exp: number;
}

export type CredentialsVerdict =
  | { readonly kind: 'usable'; readonly credentials: Credentials }
  | { readonly kind: 'refused'; readonly reason: 'malformed' | 'version unknown' | 'expired' | 'not yet valid' };

/** The clock tolerance of authorizer and ingest (design §3.3). */
const CLOCK_TOLERANCE_SECONDS = 30;
const MOST_ITEM_CHARACTERS = 10_240;

const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const KEY = /^[\w-]{43}$/;
const KEY_ID = /^[\w.-]{1,128}$/;

/** Reads an item. Members that are not known are ignored, so that a writer may add some; another version is refused. */
export function parseCredentials(text: string, nowSeconds: number): CredentialsVerdict {
  const item = text.length > MOST_ITEM_CHARACTERS ? undefined : parseJsonObject(text);
  if (item === undefined) return { kind: 'refused', reason: 'malformed' };
  if (item['v'] !== 1) return { kind: 'refused', reason: 'version unknown' };
  const { token, key, keyId, notBefore, exp } = item;
  if (!matches(token, TOKEN) || !matches(key, KEY) || !matches(keyId, KEY_ID) || !isTime(notBefore) || !isTime(exp)) {
    return { kind: 'refused', reason: 'malformed' };
  }
  if (isExpired({ exp }, nowSeconds)) return { kind: 'refused', reason: 'expired' };
  if (nowSeconds < notBefore - CLOCK_TOLERANCE_SECONDS) return { kind: 'refused', reason: 'not yet valid' };
  return { kind: 'usable', credentials: { token, key, keyId, notBefore, exp } };
}

/** An item counts as expired at the very second `exp`; the tolerance is left to those who verify the token. */
export function isExpired({ exp }: Pick<Credentials, 'exp'>, nowSeconds: number): boolean {
  return nowSeconds >= exp;
}

function matches(value: unknown, shape: RegExp): value is string {
  return typeof value === 'string' && shape.test(value);
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
