import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { RemovalPolicy, Validations } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';

export interface KeptSecretProps {
  /** In Secrets Manager. */
  readonly name: string;
  /** What it is for, in a few words. */
  readonly purpose: string;
  /** Regions besides its own that can read it. @default none */
  readonly replicas?: readonly string[];
  /** Said to cdk-nag. @default it is rotated */
  readonly whyNotRotated?: string;
}

/**
 * A secret whose value the operator writes, at least the first one. It is made without one, so that no later deploy can write over it.
 *
 * @returns its ARN is `attrId`; the emulator makes `ref` the name, which no policy knows
 */
export function writtenSecret(scope: Construct, id: string, props: KeptSecretProps): CfnSecret {
  return keep(new CfnSecret(scope, id, describe(props)), props.whyNotRotated);
}

/**
 * Version 1 of a key that nobody needs to know: 43 characters of base64url are 32 random bytes, in the form that
 * `functions/shared/versioned-keys.ts` reads. Never change what is generated: CloudFormation would then make a new key.
 */
export function generatedKey(scope: Construct, id: string, props: KeptSecretProps): CfnSecret {
  const generateSecretString = {
    secretStringTemplate: JSON.stringify({ version: 1 }),
    generateStringKey: 'key',
    passwordLength: 43,
    excludeCharacters: PUNCTUATION,
  };
  const why =
    'The old version must stay beside the new one as long as what was made with it lives; a schedule cannot tell.';
  return keep(new CfnSecret(scope, id, { ...describe(props), generateSecretString }), why);
}

/**
 * A note that is no secret, but that functions read and the CLI writes like one. Never change its first value: CloudFormation
 * would then write over what is there by now.
 */
export function keptNote(scope: Construct, id: string, props: KeptSecretProps, firstValue: string): CfnSecret {
  return keep(new CfnSecret(scope, id, { ...describe(props), secretString: firstValue }), props.whyNotRotated);
}

/** By name and not by `excludePunctuation`, which the emulator ignores. */
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

function describe({ name, purpose, replicas = [] }: KeptSecretProps) {
  return {
    name,
    description: `edgehouse: ${purpose}`,
    ...(replicas.length > 0 && { replicaRegions: replicas.map((region) => ({ region })) }),
  };
}

function keep(secret: CfnSecret, whyNotRotated: string | undefined): CfnSecret {
  secret.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
  if (whyNotRotated !== undefined) {
    Validations.of(secret).acknowledge({ id: 'AwsSolutions-SMG4', reason: whyNotRotated });
  }
  return secret;
}
