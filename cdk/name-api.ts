import type { HttpApi, HttpStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { certificateArnIn, type DomainConfig, truststoreIn } from '../config/domain-schema.ts';
import { MutualTlsDomain } from './mutual-tls-domain.ts';
import { TokenDomain } from './token-domain.ts';

export interface NamedApi {
  readonly api: HttpApi;
  readonly stage: HttpStage;
}

/** The config names no certificate or truststore for a region: it was put together past `parseConfig`, which refuses that. */
export class DomainIncompleteError extends Error {
  override readonly name = 'DomainIncompleteError';
  readonly code = 'DOMAIN_INCOMPLETE';
  readonly retryable = false;
  constructor(region: string) {
    super(
      `The domain has nothing for ${region}. Expected a certificate and a truststore there. Next: add them to domain.`,
    );
  }
}

/**
 * Gives the API the names of the config.
 *
 * @returns by the name of an output, what the name's DNS record has to point at
 * @throws DomainIncompleteError
 */
export function nameApi(scope: Construct, domain: DomainConfig, named: NamedApi): Readonly<Record<string, string>> {
  const { region } = Stack.of(scope);
  const addressOf = (of: Pick<DomainConfig, 'name' | 'certificateArn'>) => ({
    ...named,
    domainName: of.name,
    certificateArn: present(certificateArnIn(of, region), region),
  });
  if (!domain.mtls) return targets({ DomainTarget: new TokenDomain(scope, 'Domain', addressOf(domain)) });
  const truststore = present(truststoreIn(domain, region), region);
  const { tokenDomain } = domain;
  return targets({
    DomainTarget: new MutualTlsDomain(scope, 'Domain', { ...addressOf(domain), truststore }),
    ...(tokenDomain && { TokenDomainTarget: new TokenDomain(scope, 'TokenDomain', addressOf(tokenDomain)) }),
  });
}

function targets(domains: Readonly<Record<string, TokenDomain | MutualTlsDomain>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(domains).map(([id, { domain }]) => [id, domain.regionalDomainName]));
}

function present<T>(value: T | undefined, region: string): T {
  if (value === undefined) throw new DomainIncompleteError(region);
  return value;
}
