import { describe, expect, test } from '@jest/globals';
import { DomainIncompleteError } from '../../cdk/name-api.ts';
import { parseConfig } from '../../config/parse-config.ts';
import userConfig from '../../edgehouse.config.ts';
import { environmentOf } from './support/environment-of.ts';
import { rightsOf } from './support/policy-text.ts';
import { type Synthesized, type SynthesizeOptions, synthesize } from './support/synthesize.ts';
import { valueText } from './support/value-text.ts';

const arn = (region: string, id = 'one') => `arn:aws:acm:${region}:123456789012:certificate/${id}`;
const TRUSTSTORE = { bucket: 'example-truststore', key: 'clients.pem', version: 'aBc1' };
const MUTUAL = {
  name: 'events.example.com',
  mtls: true as const,
  certificateArn: arn('us-east-1'),
  truststore: TRUSTSTORE,
};
const EDGE = { certificate: { spiffeId: 'spiffe://example.com/edge' } };
const { principals = {}, ...others } = userConfig;
const { 'web-edge': webEdge, 'web-collector': webCollector } = principals;

/** The shipped config behind a domain: its EdgeWorkers come through one property's certificate. */
function behind(domain: object, more: object = {}) {
  return parseConfig({
    ...others,
    principals: {
      ...principals,
      'web-edge': { ...webEdge, ...EDGE },
      'web-collector': { ...webCollector, ...EDGE },
      ...more,
    },
    domain,
  });
}

const PARTNERS = {
  'partner-a': {
    require: 'certificate',
    certificate: { spkiSha256: 'a'.repeat(64) },
    allow: [{ write: ['web_events'], sources: ['partner/a'] }],
  },
  app: { claims: { sub: 'app' }, require: 'token', allow: [{ write: ['web_events'], sources: ['app'] }] },
};
const TOKENS = { name: 'tokens.example.com', certificateArn: arn('us-east-1', 'two') };
const [plain] = synthesize();
const [mutual] = synthesize({ config: behind({ ...MUTUAL, tokenDomain: TOKENS }, PARTNERS), validate: true });

function authorizerOf(stack: Synthesized) {
  const { AuthorizerResultTtlInSeconds: ttl, IdentitySource: sources } = stack.at('IngestApi/Api/Token').properties;
  return { ttl, sources };
}

const executeApiIsOff = (stack: Synthesized) => stack.at('IngestApi/Api').properties['DisableExecuteApiEndpoint'];

describe('a domain that asks for client certificates', () => {
  test('has a pinned truststore, TLS 1.2 and the stage of the API behind it', () => {
    expect(mutual.at('Domain/Name').properties).toEqual({
      DomainName: 'events.example.com',
      DomainNameConfigurations: [
        { CertificateArn: arn('us-east-1'), EndpointType: 'REGIONAL', SecurityPolicy: 'TLS_1_2' },
      ],
      MutualTlsAuthentication: { TruststoreUri: 's3://example-truststore/clients.pem', TruststoreVersion: 'aBc1' },
    });
    const { properties, dependsOn } = mutual.at('Domain/Mapping');
    const { ApiId, DomainName, Stage } = properties;
    expect([ApiId, DomainName, Stage].map((value) => valueText(value, mutual))).toEqual([
      '<IngestApi/Api>',
      '<Domain/Name>',
      '$default',
    ]);
    expect(dependsOn).toEqual([mutual.at('IngestApi/Default/Stage').id]);
  });

  test('has no answer kept under a token, for a certificate is no identity source', () => {
    expect(authorizerOf(mutual)).toEqual({ ttl: 0, sources: [] });
    expect(authorizerOf(plain)).toEqual({ ttl: 60, sources: ['$request.header.Authorization'] });
  });

  test('cannot be gone around: the address that AWS gives the API is off, and no setting turns it on', () => {
    const settings = ['executeApi', 'disableExecuteApiEndpoint', 'executeApiEndpoint'].map(
      (key) => () => behind({ ...MUTUAL, [key]: true }),
    );

    expect(executeApiIsOff(mutual)).toBe(true);
    expect(executeApiIsOff(plain)).toBeUndefined();
    for (const setting of settings) expect(setting).toThrow('unknown key');
    for (const preset of ['aws', 'emulator'] as const) {
      const [stack] = synthesize({ config: behind(MUTUAL), preset });
      expect(executeApiIsOff(stack)).toBe(true);
    }
  });

  test('leaves the issuer’s public documents where they were', () => {
    expect(mutual.at('Issuer/Api').properties).toEqual(plain.at('Issuer/Api').properties);
  });

  test('says where its DNS records have to point, and where the API is', () => {
    const outputs = ['ApiUrl', 'DomainTarget', 'TokenDomainTarget'].map((name) =>
      valueText(mutual.outputs[name], mutual),
    );

    expect(outputs).toEqual([
      'https://events.example.com',
      '<Domain/Name.RegionalDomainName>',
      '<TokenDomain/Name.RegionalDomainName>',
    ]);
  });

  test('has a second name beside it for tokens alone, which asks for none', () => {
    expect(mutual.at('TokenDomain/Name').properties).toEqual({
      DomainName: 'tokens.example.com',
      DomainNameConfigurations: [
        { CertificateArn: arn('us-east-1', 'two'), EndpointType: 'REGIONAL', SecurityPolicy: 'TLS_1_2' },
      ],
    });
    expect(synthesize({ config: behind(MUTUAL) })[0].ofType('AWS::ApiGatewayV2::DomainName')).toHaveLength(1);
  });

  test('gives a principal without a token a key of its own, which ingest alone may read', () => {
    const key = mutual.at('Secrets/Key-partner-a');
    const environment = environmentOf(mutual.at('IngestApi/Ingest/Function'), mutual);

    expect(key.properties['Name']).toBe('edgehouse/principal-keys/partner-a');
    expect(key.deletionPolicy).toBe('RetainExceptOnCreate');
    expect(environment['PRINCIPAL_KEY_PARTNER_A']).toBe('<Secrets/Key-partner-a.Id>');
    const readers = mutual
      .ofType('AWS::IAM::Role')
      .filter((role) => rightsOf(role, mutual).some((right) => right.includes('Key-partner-a')))
      .map(({ path }) => path);
    expect(readers).toEqual(['IngestApi/Ingest/Role']);
    expect(rightsOf(mutual.at('IngestApi/Ingest/Role'), mutual)).toContain(
      'secretsmanager:GetSecretValue <Secrets/Key-partner-a.Id>',
    );
  });
});

describe('a domain', () => {
  test('without client certificates keeps the answers of the authorizer, and is the only way in too', () => {
    const config = parseConfig({
      ...userConfig,
      domain: { name: 'events.example.com', certificateArn: arn('us-east-1') },
    });

    const [stack] = synthesize({ config });

    expect(stack.at('Domain/Name').properties).not.toHaveProperty('MutualTlsAuthentication');
    expect(authorizerOf(stack)).toEqual(authorizerOf(plain));
    expect(executeApiIsOff(stack)).toBe(true);
  });

  test('has the certificate and the truststore of each region there, and its key’s replica', () => {
    const regions = ['us-east-1', 'eu-west-1'];
    const domain = {
      ...MUTUAL,
      certificateArn: Object.fromEntries(regions.map((region) => [region, arn(region)])),
      truststore: { 'us-east-1': TRUSTSTORE, 'eu-west-1': { ...TRUSTSTORE, bucket: 'example-eu' } },
    };
    const { 'partner-a': partner } = PARTNERS;
    const config = parseConfig(inputOf(domain, regions, partner));

    const [, europe] = synthesize({ config });

    if (europe === undefined) throw new Error('A region has no stack.');
    expect(europe.at('Domain/Name').properties).toMatchObject({
      DomainNameConfigurations: [{ CertificateArn: arn('eu-west-1') }],
      MutualTlsAuthentication: { TruststoreUri: 's3://example-eu/clients.pem' },
    });
    const key = environmentOf(europe.at('IngestApi/Ingest/Function'), europe)['PRINCIPAL_KEY_PARTNER_A'];
    expect(key).toMatch(/^arn:aws:secretsmanager:eu-west-1:/);
  });

  test('with nothing for a region is refused, also where a config never was parsed', () => {
    const options: SynthesizeOptions = {
      config: { ...behind({ ...MUTUAL, truststore: { 'us-east-1': TRUSTSTORE } }), regions: ['eu-west-1'] },
    };

    expect(() => synthesize(options)).toThrow(DomainIncompleteError);
  });

  test('is left out by the emulator preset, which knows no domain names, and nothing else with it', () => {
    const config = behind({ ...MUTUAL, tokenDomain: TOKENS }, PARTNERS);
    const [emulator] = synthesize({ config, preset: 'emulator' });
    const there = new Set(emulator.resources.map(({ path }) => path));

    const leftOut = mutual.resources.filter(({ path }) => !there.has(path)).map(({ path }) => path);

    expect(leftOut.filter((path) => /Domain/.test(path))).toEqual([
      'Domain/Name',
      'Domain/Mapping',
      'TokenDomain/Name',
      'TokenDomain/Mapping',
    ]);
    expect(Object.keys(emulator.outputs)).not.toContain('DomainTarget');
  });
});

function inputOf(domain: object, regions: readonly string[], partner: object) {
  const edge = { ...principals, 'web-edge': { ...webEdge, ...EDGE }, 'web-collector': { ...webCollector, ...EDGE } };
  return { ...others, regions, domain, principals: { ...edge, 'partner-a': partner } };
}
