import { getRandomValues, webcrypto } from 'node:crypto';
import { types } from 'node:util';
import { enterCurrent } from './enter-current.ts';
import type { HostCrypto, SubtleAnswer, SubtleOperation } from './inside/crypto.ts';

const PEM = /-----BEGIN [A-Z0-9 ]+-----([A-Za-z0-9+/=\s]+)-----END [A-Z0-9 ]+-----/;

/** WebCrypto of Node behind the module `crypto`; its own checks are those of the standard. */
export const hostCrypto: HostCrypto = {
  fillRandom: (array) => {
    if (!types.isTypedArray(array)) throw new TypeError('getRandomValues: expected a typed array');
    // A view of the same memory that Node takes as its own.
    getRandomValues(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  },
  subtle: (resolve, reject, operation, args) => {
    const enter = enterCurrent();
    run(operation, args).then(
      (answer) => enter(() => resolve(answer)),
      (error) => enter(() => reject(`${operation}: ${error instanceof Error ? error.message : String(error)}`)),
    );
  },
  pemBytes: (pem) => {
    const [, text] = PEM.exec(pem) ?? [];
    if (text === undefined) throw new TypeError('pem2ab: expected a PEM text of one key');
    return Buffer.from(text, 'base64');
  },
  isBuffer: (answer) => types.isAnyArrayBuffer(answer),
  isKey: (answer) => types.isCryptoKey(answer),
};

async function run(operation: SubtleOperation, args: readonly unknown[]): Promise<SubtleAnswer> {
  const answer: unknown = await Reflect.apply(webcrypto.subtle[operation], webcrypto.subtle, args);
  if (typeof answer === 'boolean' || types.isCryptoKey(answer)) return answer;
  if (types.isArrayBuffer(answer)) return answer;
  throw new TypeError('an answer that WebCrypto does not give');
}
