import { describe, expect, test } from '@jest/globals';
import type { ConfigInput } from '../../config/schema.ts';
import shipped from '../../edgehouse.config.ts';
import { runAppWith } from './support/run-app.ts';

interface Mistake {
  readonly config: unknown;
  /** Path, what was seen, what was expected and the fix, as printed. */
  readonly said: string;
}

const { edge, streams, principals } = shipped;

const MISTAKES: Readonly<Record<string, Mistake>> = {
  'a misspelt key': {
    config: { ...shipped, clickhouse: { databse: 'edgehouse' } },
    said: 'clickhouse.databse: unknown key → one of database, secrets, rotateDays; rename it to database, or remove it',
  },
  'a value of another type': {
    config: { ...shipped, regions: 'us-east-1' },
    said: 'regions: "us-east-1" → a list; change it',
  },
  'a region that is none': {
    config: { ...shipped, regions: ['us-east1'] },
    said: 'regions[0]: "us-east1" → an AWS region such as us-east-1; change it',
  },
  'no stream at all': {
    config: { ...shipped, streams: {} },
    said: 'streams: an object → at least one stream; change it',
  },
  'a stream name that is no part of an address': {
    config: { ...shipped, streams: { ...streams, 'Web-Events': {} } },
    said: 'streams.Web-Events: this name → a name of a-z, 0-9 and _, beginning with a letter, at most 63 characters; rename it',
  },
  'a number out of range': {
    config: { ...shipped, edge: { ...edge, refreshMinutes: 0 } },
    said: 'edge.refreshMinutes: 0 → at least 1; raise it',
  },
  'tokens that end before they are refreshed': {
    config: { ...shipped, edge: { ...edge, tokenLifetimeMinutes: 20 } },
    said: 'edge.tokenLifetimeMinutes: 20 → at least 60, four times refreshMinutes; raise it, or lower refreshMinutes',
  },
  'a rule on a stream that does not exist': {
    config: withPrincipal('analyst', { allow: [{ read: ['web_event'] }] }),
    said: 'principals.analyst.allow[0].read[0]: "web_event" → one of web_events, batches, ledger, refused_rows; rename it to web_events',
  },
  'two principals that one token could be': {
    config: withPrincipal('double', {
      claims: { sub: 'ew:12345' },
      allow: [{ write: ['web_events'], sources: ['ew/1/*'] }],
    }),
    said: 'principals.double.claims: an object → a claim whose value differs from that of web-edge, or one token could be both',
  },
  'two streams in one table': {
    config: { ...shipped, streams: { ...streams, copy: { table: 'web_events' } } },
    said: 'streams.copy.table: "web_events" → a table of its own, not that of stream web_events; name another',
  },
  'a test of the policy that fails': {
    config: {
      ...shipped,
      tests: [{ principal: 'analyst', action: 'read', stream: 'web_events', expect: 'deny' }],
    },
    said: 'tests[0]: analyst read web_events: allow by analyst.allow[0] → deny; change the rule or the test',
  },
  'a rule that is never reached': {
    config: withPrincipal('auditor', { allow: [{ read: ['web_events'] }], deny: [{ read: ['web_events'] }] }),
    said: 'principals.auditor.allow[0]: read web_events, which deny[0] covers → a rule that allows more; remove it and the deny',
  },
  'a principal that any token could be': {
    config: {
      ...shipped,
      principals: { anybody: { claims: { aud: 'x' }, allow: [{ write: ['web_events'], sources: ['x'] }] } },
      tests: [],
    },
    said: 'principals.anybody.claims: nothing but aud → a claim that its tokens alone have',
  },
  'a stream that nobody may write': {
    config: { ...shipped, streams: { ...streams, orders: {} } },
    said: 'streams.orders: nobody who may write it → a principal that may; allow one, or remove the stream',
  },
  'an EdgeWorker that gets no token': {
    config: { ...shipped, edge: { ...edge, collector: { edgeWorkerId: 99, stream: 'web_events' } } },
    said: 'edge.collector.edgeWorkerId: "99" → one of 12345, 12346; rename it to 12345',
  },
};

function withPrincipal(name: string, principal: NonNullable<ConfigInput['principals']>[string]): unknown {
  return { ...shipped, principals: { ...principals, [name]: principal } };
}

describe('a mistake in the config', () => {
  test.each(Object.entries(MISTAKES))(
    'stops the synthesis, which names path, value and fix: %s',
    async (_kind, { config, said }) => {
      const { code, stderr } = await runAppWith(config);

      expect(code).toBe(1);
      expect(stderr).toContain(said);
      expect(stderr).not.toContain('    at ');
    },
  );

  test('that puts a secret in the place of its name is told without the secret', async () => {
    const secret = 'hunter2 is my password';

    const { code, stderr } = await runAppWith({ ...shipped, clickhouse: { secrets: { writer: secret } } });

    expect(code).toBe(1);
    expect(stderr).toContain(
      'clickhouse.secrets.writer: text of 22 characters → the name of a secret, never its value',
    );
    expect(stderr).not.toContain('hunter2');
  });
});
