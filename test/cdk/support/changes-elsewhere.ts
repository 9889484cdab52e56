import {
  analyst,
  behind,
  DOMAIN,
  external,
  type Input,
  inVault,
  LOGIN,
  PARTNER,
  principals,
  production,
  shipped,
  webCollector,
  webEdge,
  withEdge,
  withStream,
} from './changed-configs.ts';

export interface ConfigChange {
  /** Keys of the config that it is about; `…` at the end stands for all that begin so. */
  readonly keys: readonly string[];
  /** @default the shipped config */
  readonly from?: Input;
  readonly to: Input;
}

/** What functions, bundles of the edge and SQL are told, and CloudFormation is not. */
export const ELSEWHERE: Readonly<Record<string, ConfigChange>> = {
  'another database': { keys: ['clickhouse.database'], to: shipped({ clickhouse: { database: 'other' } }) },
  'another Vault': {
    keys: ['secrets.vault.…'],
    from: inVault(),
    to: inVault({
      address: 'https://other.example.com',
      mount: 'kv',
      role: 'other',
      authMount: 'jwt2',
      audience: 'other',
      namespace: 'team',
    }),
  },
  'another issuer beside our own': {
    keys: ['issuers[]', 'issuers[].…', 'principals.*.issuer'],
    to: shipped({
      issuers: ['builtin', LOGIN],
      principals: {
        analyst,
        'web-edge': { ...webEdge, issuer: 'builtin' },
        'web-collector': { ...webCollector, issuer: 'builtin' },
      },
    }),
  },
  'another policy': {
    keys: [
      'principals.*.claims.*',
      'principals.*.allow[].write[]',
      'principals.*.allow[].sources[]',
      'principals.*.allow[].regions[]',
      'principals.*.allow[].trust',
      'principals.*.allow[].rows',
      'principals.*.deny[].…',
      'principals.*.limits.…',
      'principals.*.revokedBefore',
      'tests[].…',
    ],
    to: shipped({
      principals: {
        ...principals,
        'web-edge': {
          claims: { sub: 'ew:12345', scope: 'events' },
          allow: [{ write: ['web_events'], sources: ['ew/12345/*', 'other'], regions: ['us-east-1'], trust: 'client' }],
          deny: [{ write: ['*'], sources: ['other'], regions: ['us-east-1'] }],
          limits: { bytes: 1000, rows: 10, batchesPerSecond: 1 },
          revokedBefore: '2026-11-23T12:00:00Z',
        },
        analyst: { allow: [{ read: ['web_events'], rows: "country = 'FR'" }], deny: [] },
      },
      tests: [],
    }),
  },
  'other certificates': {
    keys: ['principals.*.certificate.…', 'principals.*.deniedCertificates[].…'],
    from: behind(DOMAIN, { partner: PARTNER }),
    to: behind(DOMAIN, {
      partner: {
        ...PARTNER,
        certificate: { issuer: 'CN=Example CA', subject: 'CN=partner' },
        deniedCertificates: [{ issuer: 'CN=Example CA', serial: 'a1b' }, { spkiSha256: 'b'.repeat(64) }],
      },
    }),
  },
  'another table and tighter limits': {
    keys: ['streams.*.table', 'streams.*.unknownFields', 'streams.*.unknownFields.keepIn', 'streams.*.limits.…'],
    to: withStream({
      table: 'other',
      unknownFields: { keepIn: 'rest' },
      limits: { bytes: 1000, inflatedBytes: 2000, inflateRatio: 2, rows: 10, rowBytes: 100 },
    }),
  },
  'other items in EdgeKV, and other bundles': {
    keys: [
      'edge.namespace',
      'edge.group',
      'edge.tokenLifetimeMinutes',
      'edge.apiHost',
      'edge.allowedOrigins[]',
      'edge.logging.…',
      'edge.collector.…',
      'edge.requestEvents.…',
    ],
    to: withEdge({
      namespace: 'other',
      group: 'others',
      tokenLifetimeMinutes: 90,
      apiHost: 'other.example.com',
      allowedOrigins: [],
      logging: { ds2id: 1234 },
      collector: { edgeWorkerId: 12345, stream: 'web_events' },
      requestEvents: { edgeWorkerId: 12346, stream: 'web_events' },
    }),
  },
  'another client of the external issuer': {
    keys: ['edge.tokens.…'],
    from: external(),
    to: external({ tokenEndpoint: 'https://other.example.com/token', scope: 'events' }),
  },
  'networks that batches come from': {
    keys: ['production.originIps[]'],
    from: production(),
    to: production({ originIps: ['192.0.2.0/24'] }),
  },
  'whom somebody else wakes': {
    keys: ['production.alarmsTo'],
    from: production(),
    to: production({ alarmsTo: 'elsewhere' }),
  },
};
