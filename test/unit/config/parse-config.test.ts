import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ConfigError } from '../../../config/config-error.ts';
import { config as shipped } from '../../../config/loaded.ts';
import { parseConfig } from '../../../config/parse-config.ts';

const writer = { claims: { sub: 'ew:1' }, allow: [{ write: ['web'], sources: ['ew/1/*'] }] };

function problemsOf(input: unknown): readonly string[] {
  try {
    parseConfig(input);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe('parseConfig', () => {
  test('lets no token that lies in EdgeKV open Vault: its audience is another one', () => {
    const vault = { address: 'https://vault.example.com', role: 'edgehouse' };
    const problemsWith = (audience: object) =>
      problemsOf({ streams: { web: {} }, secrets: { vault: { ...vault, ...audience } } });

    expect(problemsWith({})).toEqual([]);
    expect(problemsWith({ audience: 'https://edgehouse.internal/ingest' })).toEqual([
      expect.stringMatching(/^secrets\.vault\.audience: .*another audience than that of the issuer/),
    ]);
  });

  test('fills in every default', () => {
    const config = parseConfig({ streams: { web: {} }, principals: { edge: writer } });

    expect(config).toEqual({
      regions: ['us-east-1'],
      clickhouse: {
        database: 'edgehouse',
        secrets: { writer: 'edgehouse/clickhouse/writer', inspector: 'edgehouse/clickhouse/inspector' },
        rotateDays: 30,
      },
      secrets: 'aws',
      issuers: [{ kind: 'builtin', audience: 'https://edgehouse.internal/ingest', algorithms: ['RS256'] }],
      principals: {
        edge: {
          name: 'edge',
          claims: { sub: 'ew:1' },
          require: 'token',
          // Closed: rows count as a browser's until the config says otherwise.
          allow: [{ write: ['web'], sources: ['ew/1/*'], trust: 'client' }],
          deny: [],
        },
      },
      streams: {
        web: {
          name: 'web',
          table: 'web',
          unknownFields: 'refuse',
          limits: { bytes: 4_500_000, inflatedBytes: 20_000_000, inflateRatio: 100, rows: 10_000, rowBytes: 65_536 },
          peakInsertsPerSecond: 20,
        },
      },
      edge: {
        namespace: 'edgehouse',
        group: 'credentials',
        edgeWorkerIds: [],
        allowedOrigins: [],
        networks: ['staging', 'production'],
        tokens: 'builtin',
        tokenLifetimeMinutes: 60,
        refreshMinutes: 15,
      },
      tests: [],
      policyHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  test('the shipped config is good, and what it parses to survives JSON', () => {
    expect(shipped.tests.length).toBeGreaterThan(3);
    expect(JSON.parse(JSON.stringify(shipped))).toStrictEqual(shipped);
  });

  test('takes the name of a column that keeps unknown fields', () => {
    const unknownFields = { keepIn: 'more' };
    expect(parseConfig({ streams: { web: { unknownFields } } }).streams['web']).toMatchObject({ unknownFields });
  });

  test('takes the issuer by its name or spelt out', () => {
    const [spelt] = parseConfig({ streams: { web: {} }, issuers: [{ kind: 'builtin', audience: 'urn:x' }] }).issuers;

    expect(spelt).toEqual({ kind: 'builtin', audience: 'urn:x', algorithms: ['RS256'] });
  });

  const good = { streams: { web: {} } };
  const withPrincipal = (principal: unknown) => ({ ...good, principals: { p: principal } });
  const allow = (...rules: readonly unknown[]) => withPrincipal({ claims: { sub: 'a' }, allow: rules });

  test.each<[string, unknown, string]>([
    ['nothing at all', undefined, 'the config: nothing → an object; add it'],
    ['no stream', { streams: {} }, 'streams: an object → at least one stream'],
    [
      'an unknown rule for unknown fields',
      { streams: { web: { unknownFields: 'drop' } } },
      'streams.web.unknownFields: ',
    ],
    [
      'unknown fields in a column of edgehouse',
      { streams: { web: { unknownFields: { keepIn: '_mine' } } } },
      'streams.web.unknownFields',
    ],
    ['an unknown section', { ...good, regoins: [] }, 'regoins: unknown key → one of regions'],
    ['the nearest section', { ...good, regoins: [] }, 'rename it to regions'],
    ['an unknown key deep inside', { streams: { web: { peek: 1 } } }, 'streams.web.peek: unknown key'],
    ['a misspelt rule', allow({ write: ['web'], source: ['a'] }), 'principals.p.allow[0].source: unknown key'],
    ['a misspelt rule, its fix', allow({ write: ['web'], source: ['a'] }), 'rename it to sources'],
    ['a write rule without sources', allow({ write: ['web'] }), 'principals.p.allow[0].sources: nothing → a list'],
    ['sources beside read', allow({ read: ['web'], sources: ['a'] }), 'a ClickHouse grant cannot check it'],
    ['a bad source', allow({ write: ['web'], sources: ['ew/*/1'] }), 'sources[0]: "ew/*/1"'],
    ['a source with a comma', allow({ write: ['web'], sources: ['a,b'] }), 'sources[0]: "a,b"'],
    ['every stream, allowed', allow({ write: ['*'], sources: ['a'] }), 'allow[0].write[0]: "*" → one of web'],
    [
      'an unknown stream',
      allow({ read: ['wed'] }),
      'allow[0].read[0]: "wed" → one of web, batches, ledger, refused_rows; rename it to web',
    ],
    ['a region that is not deployed', allow({ write: ['web'], sources: ['a'], regions: ['eu-west-1'] }), 'regions[0]'],
    ['a filter over two streams', allow({ read: ['web', 'batches'], rows: 'a = 1' }), 'one stream beside rows'],
    ['a filter on batches', allow({ read: ['batches'], rows: 'a = 1' }), 'one stream beside rows'],
    ['a filter that is loosened', allow({ read: ['web'], rows: 'a = 1' }, { read: ['web'] }), 'no other read rule'],
    ['a filter that escapes', allow({ read: ['web'], rows: '1) OR (1' }), 'allow[0].rows: "1) OR (1"'],
    ['a writer without claims', withPrincipal({ allow: writer.allow }), 'principals.p.claims: nothing → an object'],
    ['no claim at all', withPrincipal({ claims: {} }), 'without any, every token would match'],
    [
      'a rate of nothing',
      withPrincipal({ limits: { batchesPerSecond: 0 } }),
      'limits.batchesPerSecond: 0 → more than 0',
    ],
    [
      'a day for a time',
      withPrincipal({ revokedBefore: '2026-01-01' }),
      'revokedBefore: "2026-01-01" → a time such as',
    ],
    [
      'a time of no zone',
      withPrincipal({ revokedBefore: '2026-01-01T00:00:00' }),
      'a time such as 2026-11-23T12:00:00Z',
    ],
    ['certificates, which are to come', withPrincipal({ require: 'both' }), 'principals.p.require: "both" → "token"'],
    ['an issuer without its URL', { ...good, issuers: [{ audience: 'x' }] }, 'issuers[0].url: nothing → text; add it'],
    ['a principal in capitals', { ...good, principals: { P: {} } }, 'principals.P: this name'],
    ['a stream with a hyphen', { streams: { 'a-b': {} } }, 'streams.a-b: this name'],
    ['a stream called batches', { streams: { batches: {} } }, 'streams.batches: this name'],
    ['a stream called quarantine', { streams: { quarantine: {} } }, 'streams.quarantine: this name'],
    ['the ledger as a table', { streams: { web: { table: 'batches' } } }, 'not that of edgehouse itself'],
    ['the refused rows as a table', { streams: { web: { table: 'refused_rows' } } }, 'not that of edgehouse itself'],
    ['a table that is SQL', { streams: { web: { table: 'a; DROP' } } }, 'streams.web.table: "a; DROP"'],
    ['one table for two streams', { streams: { a: { table: 't' }, b: { table: 't' } } }, 'not that of stream a'],
    [
      'a raised limit',
      { streams: { web: { limits: { rows: 10_001 } } } },
      'streams.web.limits.rows: 10001 → at most 10000',
    ],
    ['no inserts', { streams: { web: { peakInsertsPerSecond: 0 } } }, 'more than 0'],
    ['a short-lived token', { ...good, edge: { refreshMinutes: 16 } }, 'edge.tokenLifetimeMinutes: 60 → at least 64'],
    ['a region twice', { ...good, regions: ['eu-west-1', 'eu-west-1'] }, 'regions: a list of 2 → each entry once'],
    ['a region that is none', { ...good, regions: ['europe'] }, 'regions[0]: "europe" → an AWS region'],
  ])('refuses %s and says where and what to do', (_, input, text) => {
    expect(problemsOf(input).join('\n')).toContain(text);
  });

  test('shows nothing of what stands where the name of a secret belongs', () => {
    const problems = problemsOf({ ...good, clickhouse: { secrets: { writer: 'hunter 2!' } } });

    expect(problems).toEqual([
      'clickhouse.secrets.writer: text of 9 characters → the name of a secret, never its value; change it',
    ]);
  });

  test('refuses two principals that one token could be', () => {
    const problems = problemsOf({
      ...good,
      principals: { one: { claims: { sub: 'ew:1' } }, two: { claims: { sub: 'ew:1', client_id: 'x' } } },
    });

    expect(problems).toEqual([expect.stringContaining('principals.two.claims')]);
  });

  test('refuses principals whose SQL names would meet', () => {
    const read = { allow: [{ read: ['web'] }] };
    const filtered = (stream: string) => ({ allow: [{ read: [stream], rows: 'a = 1' }] });

    expect(problemsOf({ ...good, principals: { eu: read, 'eu-role': read } })).toHaveLength(1);
    expect(
      problemsOf({ streams: { a: {}, a_for_b: {} }, principals: { c: filtered('a_for_b'), 'b-for-c': filtered('a') } }),
    ).toEqual([expect.stringContaining('whose view is "a_for_b_for_c"')]);
    expect(problemsOf({ streams: { a: {}, a_for_b: {} }, principals: { b: filtered('a') } })).toHaveLength(1);
  });

  test('a failing test in the config stops it, naming test, answer and rule', () => {
    const problems = problemsOf({
      ...good,
      principals: { edge: { ...writer, deny: [{ write: ['web'], sources: ['ew/1/0.9'] }] } },
      tests: [
        { principal: 'edge', action: 'write', stream: 'web', source: 'ew/1/1.0', expect: 'allow' },
        { principal: 'edge', action: 'write', stream: 'web', source: 'ew/1/0.9', expect: 'allow' },
        { principal: 'edge', action: 'read', stream: 'batches', expect: 'allow' },
      ],
    });

    expect(problems).toEqual([
      'tests[1]: edge write web from ew/1/0.9 in us-east-1: deny by edge.deny[0] → allow; change the rule or the test',
      'tests[2]: edge read batches: deny by default → allow; change the rule or the test',
    ]);
  });

  test('refuses a test about a principal, stream or region that does not exist', () => {
    const problems = problemsOf({
      ...good,
      tests: [{ principal: 'x', action: 'write', stream: 'y', source: 's', region: 'eu-west-1', expect: 'deny' }],
    });

    expect(problems.map((text) => text.split(':')[0])).toEqual([
      'tests[0].principal',
      'tests[0].stream',
      'tests[0].region',
    ]);
  });

  test('lists every problem at once', () => {
    expect(problemsOf({ regions: [], streams: { web: { limits: { rows: 0 } } }, egde: {} })).toHaveLength(3);
  });

  test('a claim called __proto__ is refused, not dropped', () => {
    const input: unknown = JSON.parse(
      '{"streams":{"web":{}},"principals":{"p":{"claims":{"sub":"a","__proto__":"b"}}}}',
    );

    expect(problemsOf(input)).toEqual([expect.stringContaining('principals.p.claims.__proto__: unknown key')]);
  });

  test('whatever it is given, it parses it or says what is wrong', () => {
    const key = fc.constantFrom(
      'regions',
      'streams',
      'principals',
      'allow',
      'write',
      'read',
      'web',
      'tests',
      '__proto__',
      'edge',
    );
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 6 },
        fc.constantFrom('web', 'batches', '*', 'a/*', 'builtin', 1, Number.NaN, null, undefined, true, 10n, () => 1),
        fc.array(tie('tree'), { maxLength: 2 }),
        fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
        fc.anything(),
      ),
    }));
    fc.assert(
      fc.property(tree, (input) => {
        for (const text of problemsOf(input)) expect(text).toMatch(/^.+: .+ → .+; .+$|unknown key → /s);
      }),
      { numRuns: 2_000 },
    );
  });

  test('a key misspelt anywhere is an error that points back to it', () => {
    const input = {
      streams: { web: { limits: { rows: 5, rowBytes: 5 } } },
      clickhouse: { secrets: { writer: 'x' } },
      edge: { group: 'g' },
    };
    const keys = [
      'streams.web.limits',
      'streams.web.limits.rowBytes',
      'clickhouse.secrets.writer',
      'clickhouse',
      'edge.group',
    ];
    expect(problemsOf(input)).toEqual([]);
    fc.assert(
      fc.property(fc.constantFrom(...keys), fc.stringMatching(/^[a-z]{1,2}$/), (key, suffix) => {
        const problems = problemsOf(renameKey(input, key.split('.'), suffix)).join('\n');

        expect(problems).toContain(`${key}${suffix}: unknown key`);
        expect(problems).toContain(`rename it to ${key.split('.').at(-1)},`);
      }),
    );
  });
});

function renameKey(value: object, [step, ...rest]: readonly string[], suffix: string): object {
  const entries = Object.entries(value).map(([key, inner]) => {
    if (key !== step) return [key, inner];
    return rest.length === 0 ? [key + suffix, inner] : [key, renameKey(inner, rest, suffix)];
  });
  return Object.fromEntries(entries);
}
