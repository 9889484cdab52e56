import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { ArnFormat, Fn, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { generatedKey, type KeptSecretProps, writtenSecret } from './kept-secret.ts';
import { type SigningKeys, signWith } from './sign-with.ts';

/** What a function needs to read its secrets: where they are, and the right to ask. */
export interface SecretAccess {
  readonly environment: Readonly<Record<string, string>>;
  readonly permissions: readonly PolicyStatement[];
}

/** Who keeps the secrets. One of them is known by a text, its ARN or its path. */
export interface SecretKeeper {
  /** A secret whose value the operator writes. */
  written(scope: Construct, id: string, props: KeptSecretProps): string;
  /** A key that nobody needs to know. */
  generated(scope: Construct, id: string, props: KeptSecretProps): string;
  /** What a secret of the primary region is known by in the region of `scope`. */
  inRegionOf(scope: Construct, secret: string): string;
  /** @param secrets by the environment variable that names each to the function */
  access(secrets: Readonly<Record<string, string>>): SecretAccess;
}

/** AWS Secrets Manager: the stack makes the secrets, and each function may read its own and no others. */
export const SECRETS_MANAGER: SecretKeeper = {
  written: (scope, id, props) => writtenSecret(scope, id, props).attrId,
  generated: (scope, id, props) => generatedKey(scope, id, props).attrId,
  // A replica has the same name and the same random end (Secrets Manager guide, replication).
  inRegionOf: (scope, arn) =>
    Stack.of(scope).formatArn({
      service: 'secretsmanager',
      resource: 'secret',
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      resourceName: Fn.select(6, Fn.split(':', arn)),
    }),
  access: (secrets) => ({ environment: secrets, permissions: [readSecrets(Object.values(secrets))] }),
};

/** The issuer whose tokens log in to Vault. */
export interface LoginIssuer {
  readonly url: string;
  readonly keys: SigningKeys;
}

/**
 * HashiCorp Vault or OpenBao: the operator writes every secret there, and the stack makes none. A function logs in with a token that
 * it has the issuer's key sign; what it may read, Vault's policies say (docs/vault.md).
 */
export function vault({ url, keys }: LoginIssuer): SecretKeeper {
  const byPath = (_scope: Construct, _id: string, { name }: KeptSecretProps) => name;
  return {
    written: byPath,
    generated: byPath,
    inRegionOf: (_scope, path) => path,
    access: (secrets) => {
      const { environment, permissions } = signWith(keys);
      return { environment: { ...secrets, ISSUER_URL: url, ...environment }, permissions };
    },
  };
}

function readSecrets(arns: readonly string[]): PolicyStatement {
  return new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [...arns] });
}
