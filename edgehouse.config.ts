import { defineConfig } from './config/define-config.ts';

// The one file you edit. It says where rows may go (streams), who may send and read them (principals), and what the policy must
// answer (tests). It is checked whenever it is read: at deploy, in the tests and by every command. What you leave out has a default,
// which your editor shows. A name that does not exist, or a test with another answer than it expects, stops everything with a
// message that says where. Secrets never stand here, only their names.
export default defineConfig({
  // Each region runs the whole path; the first one is the primary, which alone rotates credentials.
  regions: ['us-east-1'],

  clickhouse: {
    // Created by `edgehouse migrate`, with the tables below.
    database: 'edgehouse',
    // Where Lambda finds its two ClickHouse accounts in Secrets Manager.
    secrets: { writer: 'edgehouse/clickhouse/writer', inspector: 'edgehouse/clickhouse/inspector' },
  },

  // Whose access tokens are believed: those of the issuer that is deployed with the stack. For others see docs/issuers.md.
  issuers: ['builtin'],

  // A stream is an address, POST /v1/streams/web_events/batches, and the ClickHouse table of that name.
  // peakInsertsPerSecond (batches, not rows) sizes the window in which a repeated batch is recognised.
  streams: {
    web_events: { peakInsertsPerSecond: 20 },
  },

  // Nobody may do anything that is not allowed here, and a deny beats every allow. Limits, revoking: docs/policy.md.
  principals: {
    // EdgeWorker 12345. Its token proves the claim; it may name itself as any version of itself, and as nobody else.
    // trust: what the column _trust says about its rows. 'edge' means that your own code made them.
    'web-edge': {
      claims: { sub: 'ew:12345' },
      allow: [{ write: ['web_events'], sources: ['ew/12345/*'], trust: 'edge' }],
    },
    // EdgeWorker 12346 passes on what browsers post to /collect. Anybody can post there, so its rows say so: trust 'client'.
    'web-collector': {
      claims: { sub: 'ew:12346' },
      allow: [{ write: ['web_events'], sources: ['ew/12346/*'], trust: 'client' }],
    },
    // Reads with a ClickHouse account of its own, edgehouse_reader_analyst (`edgehouse grants print` shows what it gets).
    // To show it some rows only, filter them: { read: ['web_events'], rows: "country = 'FR'" }.
    analyst: {
      allow: [{ read: ['web_events', 'batches'] }],
    },
  },

  // How EdgeWorkers get their token: an item each in EdgeKV, written anew every 15 minutes, good for 60.
  edge: {
    namespace: 'edgehouse',
    group: 'credentials',
    edgeWorkerIds: [12345, 12346],
    networks: ['staging', 'production'],
    tokenLifetimeMinutes: 60,
    refreshMinutes: 15,
    // Built into the bundles (`npm run edge:build`): the Akamai hostname in front of the API, and whose pages may post to /collect
    // besides those of the site itself.
    apiHost: 'events-api.example.com',
    allowedOrigins: ['https://www.example.com'],
    // Two EdgeWorkers, because one that answers /collect would answer every page too. What they send, each column with its source, how
    // addresses are shown, and sampling: docs/edge.md.
    requestEvents: { edgeWorkerId: 12345, stream: 'web_events' },
    collector: { edgeWorkerId: 12346, stream: 'web_events' },
  },

  // Once others depend on it, add production: {} and close what `npm run synth` then warns of: docs/production.md.

  // What must stay true, whatever is changed above.
  tests: [
    { principal: 'web-edge', action: 'write', stream: 'web_events', source: 'ew/12345/1.2.0', expect: 'allow' },
    { principal: 'web-edge', action: 'write', stream: 'web_events', source: 'ew/99999/1.0.0', expect: 'deny' },
    { principal: 'web-collector', action: 'write', stream: 'web_events', source: 'ew/12346/0.1.0', expect: 'allow' },
    { principal: 'web-collector', action: 'write', stream: 'web_events', source: 'ew/12345/0.1.0', expect: 'deny' },
    { principal: 'web-edge', action: 'read', stream: 'web_events', expect: 'deny' },
    { principal: 'analyst', action: 'read', stream: 'batches', expect: 'allow' },
    { principal: 'analyst', action: 'write', stream: 'web_events', source: 'ew/12345/1.2.0', expect: 'deny' },
  ],
});
