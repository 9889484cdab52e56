import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { SecretAccess } from './secret-keeper.ts';

/** The issuer's two keys, and the note which one signs, by ARN. All in the primary region. */
export interface SigningKeys {
  readonly a: string;
  readonly b: string;
  readonly note: string;
}

/** The right to sign tokens with the key that signs now, whichever that is, and to learn its id from its public half. */
export function signWith(keys: SigningKeys): SecretAccess {
  return useKeys(keys, ['kms:GetPublicKey', 'kms:Sign']);
}

/** The right to publish the public halves. */
export function publish(keys: SigningKeys): SecretAccess {
  return useKeys(keys, ['kms:GetPublicKey']);
}

function useKeys({ a, b, note }: SigningKeys, actions: readonly string[]): SecretAccess {
  return {
    environment: { ISSUER_KEYS_SECRET: note, ISSUER_KEY_A: a, ISSUER_KEY_B: b },
    permissions: [
      new PolicyStatement({ actions: [...actions], resources: [a, b] }),
      new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [note] }),
    ],
  };
}
