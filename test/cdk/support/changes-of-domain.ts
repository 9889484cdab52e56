import { arn, behind, DOMAIN, PARTNER, shipped, TOKENS, TRUSTSTORE } from './changed-configs.ts';
import type { ConfigChange } from './changes-elsewhere.ts';

export interface TemplateChange extends ConfigChange {
  /** What a deploy then changes, as `diffStacks` tells it. */
  readonly changes: readonly string[];
}

/** The API's own names, and the senders that prove themselves there. */
export const DOMAIN_CHANGES: Readonly<Record<string, TemplateChange>> = {
  'a domain with client certificates': {
    keys: ['domain.mtls'],
    to: behind(DOMAIN),
    changes: [
      '+ Domain/Mapping',
      '+ Domain/Name',
      '+ Watch AWS::CloudWatch::Alarm',
      'IngestApi/Api DisableExecuteApiEndpoint',
      'IngestApi/Api/Token AuthorizerResultTtlInSeconds',
      'IngestApi/Api/Token IdentitySource',
      'Watch AWS::CloudWatch::Dashboard',
      'output ApiUrl',
      'output DomainTarget',
    ],
  },
  'a domain without': {
    keys: [],
    to: shipped({ domain: { name: DOMAIN.name, certificateArn: DOMAIN.certificateArn } }),
    changes: [
      '+ Domain/Mapping',
      '+ Domain/Name',
      '+ Watch AWS::CloudWatch::Alarm',
      'IngestApi/Api DisableExecuteApiEndpoint',
      'Watch AWS::CloudWatch::Dashboard',
      'output ApiUrl',
      'output DomainTarget',
    ],
  },
  'another name of the domain': {
    keys: ['domain.name'],
    from: behind(DOMAIN),
    to: behind({ ...DOMAIN, name: 'other.example.com' }),
    changes: [
      '+ Watch AWS::CloudWatch::Alarm',
      '- Watch AWS::CloudWatch::Alarm',
      'Domain/Name DomainName',
      'Watch AWS::CloudWatch::Dashboard',
      'output ApiUrl',
    ],
  },
  'another certificate of the server': {
    keys: ['domain.certificateArn'],
    from: behind(DOMAIN),
    to: behind({ ...DOMAIN, certificateArn: arn('three') }),
    changes: [
      'Domain/Name DomainNameConfigurations[0].CertificateArn',
      'Watch AWS::CloudWatch::Alarm',
      'Watch AWS::CloudWatch::Dashboard',
    ],
  },
  'another truststore': {
    keys: ['domain.truststore.bucket', 'domain.truststore.key'],
    from: behind(DOMAIN),
    to: behind({ ...DOMAIN, truststore: { ...TRUSTSTORE, bucket: 'other-truststore', key: 'other.pem' } }),
    changes: ['Domain/Name MutualTlsAuthentication.TruststoreUri'],
  },
  'a new version of the truststore': {
    keys: ['domain.truststore.version'],
    from: behind(DOMAIN),
    to: behind({ ...DOMAIN, truststore: { ...TRUSTSTORE, version: 'aBc2' } }),
    changes: ['Domain/Name MutualTlsAuthentication.TruststoreVersion'],
  },
  'certificate and truststore by region': {
    keys: ['domain.certificateArn.*', 'domain.truststore.*.…', 'domain.tokenDomain.certificateArn.*'],
    from: behind({ ...DOMAIN, tokenDomain: TOKENS }),
    to: behind({
      ...DOMAIN,
      certificateArn: { 'us-east-1': DOMAIN.certificateArn },
      truststore: { 'us-east-1': TRUSTSTORE },
      tokenDomain: { ...TOKENS, certificateArn: { 'us-east-1': TOKENS.certificateArn } },
    }),
    changes: [],
  },
  'a domain for tokens beside it': {
    keys: [],
    from: behind(DOMAIN),
    to: behind({ ...DOMAIN, tokenDomain: TOKENS }),
    changes: [
      '+ TokenDomain/Mapping',
      '+ TokenDomain/Name',
      '+ Watch AWS::CloudWatch::Alarm',
      'Watch AWS::CloudWatch::Dashboard',
      'output TokenDomainTarget',
    ],
  },
  'another name and certificate of the domain for tokens': {
    keys: ['domain.tokenDomain.name', 'domain.tokenDomain.certificateArn'],
    from: behind({ ...DOMAIN, tokenDomain: TOKENS }),
    to: behind({ ...DOMAIN, tokenDomain: { name: 'other.example.com', certificateArn: arn('three') } }),
    changes: [
      '+ Watch AWS::CloudWatch::Alarm',
      '- Watch AWS::CloudWatch::Alarm',
      'TokenDomain/Name DomainName',
      'TokenDomain/Name DomainNameConfigurations[0].CertificateArn',
      'Watch AWS::CloudWatch::Dashboard',
    ],
  },
  'a sender with nothing but a certificate': {
    keys: ['principals.*.require', 'principals.*.certificate.spkiSha256'],
    from: behind(DOMAIN),
    to: behind(DOMAIN, { partner: PARTNER }),
    changes: [
      '+ Secrets/Key-partner',
      '+ Watch AWS::CloudWatch::Alarm',
      'IngestApi/Ingest/Function Environment.Variables.PRINCIPAL_KEY_PARTNER',
      'IngestApi/Ingest/Role Policies[0].PolicyDocument.Statement[1].Resource',
      'Watch AWS::CloudWatch::Dashboard',
    ],
  },
};
