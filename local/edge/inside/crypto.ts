import type { webcrypto } from 'node:crypto';
import type { Ask, Inside } from './inside.ts';

export type SubtleOperation = 'importKey' | 'sign' | 'verify' | 'encrypt' | 'decrypt' | 'digest';

/** What WebCrypto answers with: a key, bytes, or a verdict. */
export type SubtleAnswer = webcrypto.CryptoKey | ArrayBuffer | boolean;

export interface HostCrypto {
  readonly fillRandom: (array: ArrayBufferView) => void;
  readonly subtle: Ask<readonly [operation: SubtleOperation, args: readonly unknown[]], SubtleAnswer>;
  readonly pemBytes: (pem: string) => Uint8Array;
  readonly isBuffer: (answer: SubtleAnswer) => answer is ArrayBuffer;
  readonly isKey: (answer: SubtleAnswer) => answer is webcrypto.CryptoKey;
}

/** Module `crypto`: the part of WebCrypto that EdgeWorkers have. */
export function insideCrypto(host: HostCrypto, { asPromise, guard, copyIn }: Inside) {
  const keys = new WeakMap<object, webcrypto.CryptoKey>();
  const ask = asPromise(host.subtle);
  const bufferOf = (answer: SubtleAnswer): ArrayBuffer => {
    if (!host.isBuffer(answer)) throw new TypeError('expected bytes');
    return copyIn(new Uint8Array(answer)).buffer;
  };
  const hostKey = (key: unknown): webcrypto.CryptoKey => {
    const found = keys.get(Object(key));
    if (found === undefined) throw new TypeError('expected a CryptoKey that importKey gave');
    return found;
  };
  const subtle = {
    async importKey(format: unknown, data: unknown, algorithm: unknown, extractable: unknown, usages: unknown) {
      if (extractable !== false) throw new TypeError('importKey: extractable must be false');
      const answer = await ask('importKey', [format, data, algorithm, false, usages]);
      if (!host.isKey(answer)) throw new TypeError('expected a key');
      const key = Object.freeze({
        type: answer.type,
        extractable: false,
        algorithm: JSON.parse(JSON.stringify(answer.algorithm)),
        usages: [...answer.usages],
      });
      keys.set(key, answer);
      return key;
    },
    async sign(algorithm: unknown, key: unknown, data: unknown) {
      return bufferOf(await ask('sign', [algorithm, hostKey(key), data]));
    },
    async verify(algorithm: unknown, key: unknown, signature: unknown, data: unknown) {
      return (await ask('verify', [algorithm, hostKey(key), signature, data])) === true;
    },
    async encrypt(algorithm: unknown, key: unknown, data: unknown) {
      return bufferOf(await ask('encrypt', [algorithm, hostKey(key), data]));
    },
    async decrypt(algorithm: unknown, key: unknown, data: unknown) {
      return bufferOf(await ask('decrypt', [algorithm, hostKey(key), data]));
    },
    async digest(algorithm: unknown, data: unknown) {
      return bufferOf(await ask('digest', [algorithm, data]));
    },
  };
  const crypto = {
    subtle,
    getRandomValues<T extends ArrayBufferView>(array: T): T {
      guard(() => host.fillRandom(array));
      return array;
    },
  };
  return { crypto, pem2ab: (pem: unknown) => copyIn(guard(() => host.pemBytes(String(pem)))).buffer };
}
