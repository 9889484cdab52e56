import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { AssertionAlgorithm, AssertionKey } from '../../../../functions/rotation/assertion-key.ts';

export interface ClientKeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const MADE = new Map<string, ClientKeyPair>();

/** A pair that can sign so; made once a run. */
export function clientKeyPair(alg: AssertionAlgorithm): ClientKeyPair {
  const made = MADE.get(alg) ?? generate(alg);
  MADE.set(alg, made);
  return made;
}

export function clientKey(alg: AssertionAlgorithm, kid?: string): AssertionKey {
  return { privateKey: clientKeyPair(alg).privateKey, alg, kid };
}

/** PKCS #8 in PEM. */
export function pemOf(privateKey: KeyObject): string {
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function generate(alg: AssertionAlgorithm): ClientKeyPair {
  switch (alg) {
    case 'RS256':
    case 'PS256':
      return generateKeyPairSync('rsa', { modulusLength: 2048 });
    case 'ES256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' });
    case 'EdDSA':
      return generateKeyPairSync('ed25519');
  }
}
