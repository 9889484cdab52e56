import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ANALYST, type OperatorStack, sender, startOperatorStack } from './support/operator-stack.ts';

const CONTRACT_AGES_MS = 61_000;
const TIME = '2026-11-23T10:00:00Z';
const GOOD = { event_time: TIME, path: '/good' };

let operator: OperatorStack;

beforeAll(async () => {
  operator = await startOperatorStack();
}, 60_000);
afterAll(() => operator?.close());

const quarantine = (action: string, ...more: readonly string[]) => {
  return operator.run(['quarantine', action, '--clickhouse', operator.engine.url, ...more]);
};
const ofEdge = ['--stream', 'web_events', '--principal', 'web-edge'];
const replay = (...more: readonly string[]) => quarantine('replay', ...ofEdge, ...more);
const apply = () => ['--apply', ...sender(operator.stack)];
const count = (sql: string) => operator.admin(`SELECT count() FROM edgehouse.${sql}`).then(Number);

// First: the other tests put the clock of the stack ahead of ClickHouse's.
describe('tail', () => {
  /** Looks until so many lines are there, or for as long as that takes at most. */
  function tailUntil(lines: number, args: readonly string[], as?: string) {
    const stop = new AbortController();
    const looking = Promise.withResolvers<void>();
    const [out, err]: [string[], string[]] = [[], []];
    const command = ['tail', '--stream', 'web_events', '--clickhouse', operator.engine.url, ...args];
    const ended = operator.run(command, {
      ...(as === undefined ? {} : { as }),
      io: {
        out: (line) => {
          if (out.push(line) >= lines) stop.abort();
        },
        err: (line) => void err.push(line),
        interrupted: () => AbortSignal.any([stop.signal, AbortSignal.timeout(15_000)]),
        // Between two looks.
        wait: () => {
          looking.resolve();
          return new Promise((done) => setTimeout(done, 20));
        },
      },
    });
    const shown = async (count: number) => {
      while (out.length < count) await new Promise((done) => setTimeout(done, 20));
    };
    return { shown, looking: looking.promise, ended: ended.then(({ status }) => ({ status, out, err })) };
  }

  test('shows a reader each row once as it is stored, with every digit, and ends with Ctrl-C', async () => {
    const tailing = tailUntil(3, [], ANALYST);
    await tailing.looking;
    await operator.send([
      { ...GOOD, path: '/one' },
      { ...GOOD, path: '/two\u202e', bytes: 9_007_199_254_740_991 },
    ]);
    await tailing.shown(2);
    // A look later.
    await operator.send([{ ...GOOD, path: '/three', query: '"a":null,"b' }]);

    const { status, out } = await tailing.ended;

    expect(status).toBe(0);
    expect(out.map((line) => JSON.parse(line).path).toSorted()).toEqual(['/one', '/three', '/two\u202e']);
    expect(out.join('')).toContain('/two\\u202e');
    expect(out.join('')).toContain('"query":"\\"a\\":null,\\"b"');
    expect(out.join('')).not.toContain('"status"');
  });

  test('with --errors shows the operator the rows and batches that are refused, by code, and no value', async () => {
    const tailing = tailUntil(2, ['--errors', '--data', operator.dataDir]);
    await tailing.looking;
    await operator.send([GOOD, { ...GOOD, nope: 'a value' }]);
    await operator.run(['send', '--stream', 'web_events', ...sender(operator.stack).slice(0, 4), '--source', 'other'], {
      input: JSON.stringify(GOOD),
    });

    const { out } = await tailing.ended;

    expect(out[0]).toMatch(/ {2}row {4}web-edge {2}ew\/12345\/\S+ {2}\S+ {2}row 1, line 2: FIELD_UNKNOWN nope$/);
    expect(out[1]).toMatch(/ {2}batch {2}web-edge {2}other {2}\S+ {2}request \S+: 403 POLICY_DENIED default$/);
    expect(out.join('')).not.toContain('a value');
  });

  test('shows a reader no refused row: ClickHouse says so', async () => {
    const { status, err } = await tailUntil(1, ['--errors', '--data', operator.dataDir], ANALYST).ended;

    expect(status).toBe(1);
    expect(err.join('')).toMatch(/Not enough privileges/);
  });
});

describe('quarantine ls', () => {
  test('says how many rows have which fault, and who sent them', async () => {
    await quarantine('purge', '--stream', 'web_events', '--apply');
    await operator.send([GOOD, { ...GOOD, nope: 1 }, { path: '/untimed' }, { ...GOOD, nope: 2, status: 'x' }]);

    const all = await quarantine('ls');
    const one = await quarantine('ls', '--code', 'FIELD_MISSING', '--rows');

    expect(all.out[0]).toMatch(/^stream +principal +code +field +rows +batches +replayed +first +last$/);
    expect(all.out[1]).toMatch(/^web_events +web-edge +FIELD_UNKNOWN +nope +2 +1 +0 /);
    expect(all.out.at(-1)).toBe('3 rows of 1 batches in quarantine, 0 of them replayed');
    expect(one.out[1]).toMatch(/web-edge .* 2 +3 +FIELD_MISSING event_time +19 +\{"path":"\/untimed"\}$/);
    expect(one.out).toHaveLength(3);
    expect([all.status, one.status]).toEqual([0, 0]);
  });

  test('shows nothing of a row that would steer the terminal', async () => {
    await operator.send([{ ...GOOD, 'a\u001b[2J\u202e': '\u009b31m' }]);

    const { out } = await quarantine('ls', '--rows', '--since', '1m');

    expect(out.join('\n')).toContain('\\u{202e}');
    expect(out.join('')).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
  });
});

describe('quarantine replay', () => {
  test('stores, under a new batch id, the rows that fit now; it counts first, and never sends one twice', async () => {
    await quarantine('purge', '--stream', 'web_events', '--apply');
    const old = await operator.send([GOOD, { ...GOOD, added: 7 }, { ...GOOD, added: 8, never: 1 }]);
    await operator.admin('ALTER TABLE edgehouse.web_events ADD COLUMN added Nullable(UInt8) AFTER path');
    operator.wait(CONTRACT_AGES_MS);

    const dry = await replay();
    const afterDry = await count('web_events WHERE added > 0');
    const done = await replay(...apply());
    const again = await replay(...apply());

    expect(dry.out.at(-1)).toMatch(/^2 rows of 1 batches would be judged again\. Do it with --apply\.$/);
    expect(afterDry).toBe(0);
    expect(done.out[0]).toMatch(new RegExp(`^${old} as [0-9a-f-]{36} stored: 2 rows, 1 accepted, 1 quarantined$`));
    // One is refused again, under the new id.
    expect(done.status).toBe(1);
    const [, , newId] = done.out[0]?.split(' ') ?? [];
    expect(await operator.admin(`SELECT added, toString(_batch_id) FROM edgehouse.web_events WHERE added > 0`)).toBe(
      `7\t${newId}`,
    );
    // Of the two batches there are now, the old one is passed over, and only what was refused again is sent again.
    expect(again.out.at(-1)).toMatch(
      /^1 rows of 1 batches sent: 0 stored, 1 quarantined again, .*; 1 batches replayed/,
    );
    expect(await count('web_events WHERE added > 0')).toBe(1);
    expect((await quarantine('ls')).out.join('\n')).toMatch(/FIELD_UNKNOWN +never +3 +3 +2 /);
  });

  test('stores a row once that two operators replay at once, while the answers are lost', async () => {
    await quarantine('purge', '--stream', 'web_events', '--apply');
    for (let at = 0; at < 5; at++) await operator.send([{ ...GOOD, twice: at }]);
    await operator.admin('ALTER TABLE edgehouse.web_events ADD COLUMN twice Nullable(UInt8) AFTER path');
    operator.wait(CONTRACT_AGES_MS);
    let posts = 0;
    const losing: typeof fetch = async (input, init) => {
      const answer = await fetch(input, init);
      if (init?.method === 'POST' && ++posts % 2 === 1) throw new TypeError('lost on the way');
      return answer;
    };
    const args = ['quarantine', 'replay', '--clickhouse', operator.engine.url, ...ofEdge, ...apply()];

    const runs = await Promise.all([
      operator.run(args, { io: { fetch: losing, wait: async () => undefined } }),
      operator.run(args),
    ]);

    expect(runs.map(({ status }) => status)).toEqual([0, 0]);
    expect(await operator.admin('SELECT count(), uniqExact(twice) FROM edgehouse.web_events WHERE twice >= 0')).toBe(
      '5\t5',
    );
  });

  test('sends records of CSV with their header again, by what their texts mean', async () => {
    await quarantine('purge', '--stream', 'web_events', '--apply');
    const body = `event_time,path,again,status,note\n${TIME},"/a,""b\n",7,,"\\N"\n${TIME},/c,8,\\N,\n${TIME},/ragged\n`;
    await operator.run(['send', '--stream', 'web_events', '--format', 'csv', ...sender(operator.stack)], {
      input: body,
    });
    await operator.admin(
      'ALTER TABLE edgehouse.web_events ADD COLUMN again Nullable(UInt8) AFTER path, ADD COLUMN note Nullable(String) AFTER path',
    );
    operator.wait(CONTRACT_AGES_MS);

    const { out, status } = await replay(...apply());

    expect(out.at(-1)).toMatch(/^2 rows of 1 batches sent: 2 stored, 0 quarantined again, .*; 1 rows of no shape/);
    expect(status).toBe(0);
    const stored = 'SELECT path, again, status, note FROM edgehouse.web_events WHERE again > 0 ORDER BY again';
    expect(await operator.admin(stored)).toBe('/a,"b\\n\t7\t\\N\t\\\\N\n/c\t8\t\\N\t\\N');
  });

  test('leaves alone what it cannot send whole: a cut row, and one that is no object', async () => {
    await quarantine('purge', '--stream', 'web_events', '--apply');
    await operator.send([
      { ...GOOD, long: 'x'.repeat(70_000) },
      { ...GOOD, whole: 1 },
    ]);
    await operator.run(['send', '--stream', 'web_events', ...sender(operator.stack)], { input: '[1]\n2' });

    const { out } = await replay();

    expect(out.at(-1)).toMatch(/^1 rows of 1 batches would .*1 rows cut too short to be replayed; 2 rows of no shape/);
  });

  test('sends nothing with the credentials of another principal', async () => {
    const before = await count('quarantine');

    const { status, err } = await replay('--apply', ...sender(operator.stack, 12346));

    expect(status).toBe(1);
    expect(err[0]).toMatch(
      /PRINCIPAL_MISMATCH: The credentials are those of web-collector, expected those of web-edge/,
    );
    expect(await count('quarantine')).toBe(before);
  });
});

describe('quarantine purge', () => {
  test('counts, and deletes only with --apply; what it deletes is not missing then', async () => {
    const since = new Date(operator.now()).toISOString();
    await operator.send([GOOD, { ...GOOD, purged: 1 }]);
    const ours = ['--since', since, '--code', 'FIELD_UNKNOWN'];

    const dry = await quarantine('purge', ...ours);
    const left = await count("quarantine WHERE has(columns, 'purged')");
    const done = await quarantine('purge', ...ours, '--apply');

    expect(dry.out).toEqual(['table       rows', 'quarantine     1', 'Delete them with --apply.']);
    expect(left).toBe(1);
    expect(done.out.at(-1)).toBe('deleted; 0 left, which came meanwhile');
    expect(await count("quarantine WHERE has(columns, 'purged')")).toBe(0);
    const place = ['--data', operator.dataDir, '--clickhouse', operator.engine.url];
    expect((await operator.run(['reconcile', '--since', since, ...place])).status).toBe(0);
  });

  test('with --erase leaves nothing of a principal in ClickHouse, and everything of the others', async () => {
    await operator.send([GOOD, { ...GOOD, nope: 1 }], 12346);
    const everywhere = async (principal: string) => {
      const parts = [
        "web_events WHERE _principal = 'X'",
        "quarantine WHERE _principal = 'X'",
        "_batches WHERE principal = 'X'",
      ];
      return Promise.all(parts.map((part) => count(part.replace('X', principal))));
    };
    const [before, others] = [await everywhere('web-collector'), await everywhere('web-edge')];

    const { status } = await quarantine('purge', '--erase', '--principal', 'web-collector', '--apply');

    expect(status).toBe(0);
    expect(before.every((rows) => rows > 0)).toBe(true);
    expect(await everywhere('web-collector')).toEqual([0, 0, 0]);
    expect(await everywhere('web-edge')).toEqual(others);
  });
});
