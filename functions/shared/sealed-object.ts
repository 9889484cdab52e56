import { createHmac, timingSafeEqual } from 'node:crypto';
import type { VersionedKey, VersionedKeys } from './versioned-keys.ts';

/** An object of the spool is not what edgehouse wrote under this name: who may write to the bucket may not write batches. */
export class ObjectTamperedError extends Error {
  override readonly name = 'ObjectTamperedError';
  readonly code = 'OBJECT_TAMPERED';
  readonly retryable = false;
  /** @param seen without anything of the content */
  constructor(name: string, seen: string) {
    super(`Object ${name}: ${seen}. Expected an object as edgehouse wrote it; find out who else writes to the spool.`);
  }
}

/** An object was sealed with a key version that this container does not hold, perhaps because it came while it ran. */
export class SealKeyUnknownError extends Error {
  override readonly name = 'SealKeyUnknownError';
  readonly code = 'SEAL_KEY_UNKNOWN';
  readonly retryable = true;
  constructor(name: string, version: string) {
    super(`Object ${name} is sealed with key version ${version}, which is not in force here. Read the key again.`);
  }
}

const LF = 0x0a;
/** `<version>.<HMAC-SHA-256 as base64url>`; the first line of every object. */
const SEAL = /^([1-9]\d{0,15})\.([\w-]{43})$/;
const LONGEST_SEAL = 64;

/** Puts a line before the content that only a holder of the key can write, and that fits no other name. */
export function sealObject([current]: VersionedKeys, name: string, content: Buffer): Buffer {
  const mac = objectMac(current, name, content).toString('base64url');
  return Buffer.concat([Buffer.from(`${current.version}.${mac}\n`), content]);
}

/** The content of an object that was sealed under this name with a key in force. @throws ObjectTamperedError, SealKeyUnknownError */
export function unsealObject(keys: VersionedKeys, name: string, object: Buffer): Buffer {
  const end = object.subarray(0, LONGEST_SEAL).indexOf(LF);
  const [, version, mac = ''] = SEAL.exec(object.toString('latin1', 0, Math.max(end, 0))) ?? [];
  if (version === undefined) throw new ObjectTamperedError(name, 'it does not begin with a seal');
  const key = keys.find((candidate) => String(candidate.version) === version);
  if (key === undefined) throw new SealKeyUnknownError(name, version);
  const content = object.subarray(end + 1);
  // As text: in the last of 43 base64url characters two bits mean nothing. Of the same length, by the pattern.
  const expected = objectMac(key, name, content).toString('base64url');
  if (!timingSafeEqual(Buffer.from(mac), Buffer.from(expected))) {
    throw new ObjectTamperedError(name, 'its seal does not fit its content and name');
  }
  return content;
}

function objectMac({ key }: VersionedKey, name: string, content: Buffer): Buffer {
  return createHmac('sha256', key).update(`${name}\n`).update(content).digest();
}
