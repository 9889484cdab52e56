import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { MASKED } from '../../cdk/protected-log.ts';
import { listen } from '../integration/support/redaction.ts';
import { synthesize } from './support/synthesize.ts';
import { driveAuthorizer } from './watch/drive-authorizer.ts';
import { driveIngest } from './watch/drive-ingest.ts';
import { driveReplay } from './watch/drive-replay.ts';
import { driveRotation } from './watch/drive-rotation.ts';

const [stack] = synthesize();

const part = (bytes: number) => randomBytes(bytes).toString('base64url');
const member = (text: object) => Buffer.from(JSON.stringify(text)).toString('base64url');
const TOKEN = `${member({ alg: 'RS256', kid: 'a' })}.${member({ iss: 'https://example.com', sub: 'ew:1' })}.${part(256)}`;
const KEY = part(32);

/** What a careless line could hold, and the identifier that finds it. */
const SAMPLES: readonly (readonly [keyof typeof MASKED & string, string])[] = [
  ['AccessToken', `{"token":"${TOKEN}"}`],
  ['AccessToken', `token=${TOKEN} refused`],
  ['BearerToken', '{"authorization":"Bearer 0123456789abcdef.opaque"}'],
  ['BearerToken', 'authorization: bearer 0123456789abcdef'],
  ['BatchSignature', `{"signature":"edge=:${randomBytes(32).toString('base64')}:"}`],
  ['BatchKey', `{"v":1,"key":"${KEY}","keyId":"1.x"}`],
  ['BatchKey', JSON.stringify({ body: `{"version":2,"key":"${KEY}"}` })],
  ['Password', '{"username":"edgehouse_writer","password":"correct-horse.1Aa"}'],
  ['Password', JSON.stringify({ secret: '{"password":"correct-horse.1Aa"}' })],
  ['ClientSecret', '{"host":"akab-x.luna.akamaiapis.net","clientSecret":"abcdefghijklmnopqrstuvwxyz="}'],
  ['ClientSecret', 'client_secret = abcdefghijklmnopqrstuvwxyz='],
  ['EdgeGridToken', 'client_token akab-abcdefghijklmnop-qrstuvwxyz234567'],
  ['VaultToken', `X-Vault-Token: hvs.${part(24)}`],
  ['UrlPassword', 'https://admin:correct-horse@clickhouse.example.com:8443'],
];

describe('the log groups', () => {
  test('all mask the same, for everybody who may not unmask', () => {
    const policies = stack.ofType('AWS::Logs::LogGroup').map(({ properties }) => properties['DataProtectionPolicy']);
    const custom = Object.entries(MASKED).map(([Name, Regex]) => ({ Name, Regex }));
    const managed = ['AwsSecretKey', 'OpenSshPrivateKey', 'PgpPrivateKey', 'PkcsPrivateKey', 'PuttyPrivateKey'];
    const DataIdentifier = [
      ...managed.map((name) => `arn:aws:dataprotection::aws:data-identifier/${name}`),
      ...custom.map(({ Name }) => Name),
    ];

    expect(policies.length).toBeGreaterThan(5);
    for (const policy of policies) {
      expect(policy).toEqual({
        Name: 'edgehouse',
        Description: 'Credentials',
        Version: '2021-06-01',
        Configuration: { CustomDataIdentifier: custom },
        // CloudWatch Logs takes no policy whose two lists differ.
        Statement: [
          { Sid: 'audit-statement-cdk', DataIdentifier, Operation: { Audit: { FindingsDestination: {} } } },
          { Sid: 'redact-statement-cdk', DataIdentifier, Operation: { Deidentify: { MaskConfig: {} } } },
        ],
      });
      expect(JSON.stringify(policy).length).toBeLessThan(30_720);
    }
  });

  test('mask by expressions that CloudWatch Logs takes', () => {
    expect(Object.keys(MASKED).length).toBeLessThanOrEqual(10);
    for (const [name, regex] of Object.entries(MASKED)) {
      expect(name).toMatch(/^[A-Za-z0-9_-]{1,128}$/);
      expect(regex).toMatch(/^[A-Za-z0-9_#=@/;,\- ^$?[\]{}|\\*+.]{1,200}$/);
    }
  });

  test.each(SAMPLES)('mask %s in %s', (name, line) => {
    expect(findersOf(line)).toContain(name);
  });

  test('have a sample for each', () => {
    expect(new Set(SAMPLES.map(([name]) => name))).toEqual(new Set(Object.keys(MASKED)));
  });

  // An audit line with a URL for an issuer and an address of mail for a subject.
  test.each([
    '{"iss":"https://login.example.com","sub":"svc@example.com"}',
    '{"iss":"https://login.example.com/tenant/v2.0","aud":"edgehouse","sub":"svc@example.com"}',
    '{"iss":"https://login.example.com?tenant=a@b"}',
  ])('do not mask %s', (line) => {
    expect(findersOf(line)).toEqual([]);
  });

  test('mask nothing of what the functions really write', async () => {
    const { lines } = await listen(driveAuthorizer, driveIngest, driveReplay, driveRotation);

    expect(lines.filter((line) => line.includes('"audit"')).length).toBeGreaterThan(3);
    expect(lines.map((line) => [findersOf(line), line]).filter(([found = []]) => found.length > 0)).toEqual([]);
  });
});

function findersOf(line: string): readonly string[] {
  return Object.entries(MASKED)
    .filter(([, regex]) => new RegExp(regex).test(line))
    .map(([name]) => name);
}
