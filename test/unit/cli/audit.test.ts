import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { audit } from '../../../cli/audit.ts';
import { parseAudit } from '../../../cli/audit-command.ts';
import { openAuditLines } from '../../../cli/audit-lines.ts';
import { auditRow } from '../../../cli/audit-table.ts';
import { parseAuditLine } from '../../../cli/parse-audit-line.ts';
import { parseCommand } from '../../../cli/parse-command.ts';
import { parseTime } from '../../../cli/parse-time.ts';
import { UsageError } from '../../../cli/usage.ts';
import type { AuditLine } from '../../../functions/shared/audit.ts';
import { json, type StubRequest } from '../functions/shared/aws-stub.ts';
import { pointAwsAtStub } from '../functions/shared/point-aws-at-stub.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const HOUR = 3_600_000;

const at = (hoursAgo: number) => new Date(NOW - hoursAgo * HOUR).toISOString();

function identityLine(hoursAgo: number, refused = false): AuditLine {
  return {
    audit: 'identity',
    time: at(hoursAgo),
    requestId: `identity-${hoursAgo}`,
    decision: refused ? 'deny' : 'allow',
    ...(refused && { code: 'TOKEN_EXPIRED' as const }),
    policyHash: 'h',
    identity: refused ? {} : { principal: 'web-edge', sub: 'ew:12345' },
    latencyMs: 3,
  };
}

function batchLine(hoursAgo: number, members: Partial<Extract<AuditLine, { audit: 'batch' }>> = {}): AuditLine {
  return {
    audit: 'batch',
    time: at(hoursAgo),
    requestId: `batch-${hoursAgo}`,
    decision: 'allow',
    status: 200,
    outcome: 'stored',
    policyHash: 'h',
    identity: { principal: 'web-edge' },
    stream: 'web_events',
    source: 'ew/12345/1.2.0',
    region: 'us-east-1',
    rowsDeclared: 3,
    rowsStored: 2,
    rowsRefused: 1,
    latencyMs: 41,
    ...members,
  };
}

describe('the command line of audit', () => {
  test('says from when, and where', () => {
    expect(parseCommand(['audit', '--since', '2h'], {})).toEqual({
      kind: 'audit',
      place: { kind: 'aws' },
      since: '2h',
      refused: false,
      json: false,
    });
    expect(parseAudit(['--since=1d', '--data', 'd', '--refused', '--json'])).toEqual({
      kind: 'audit',
      place: { kind: 'folder', dataDir: 'd' },
      since: '1d',
      refused: true,
      json: true,
    });
  });

  test.each([[[]], [['--since']], [['--since', '1h', 'more']], [['--since', '1h', '--denied']]])(
    'of %j is refused',
    (args) => {
      expect(() => parseAudit(args)).toThrow(UsageError);
    },
  );
});

describe('a time', () => {
  test.each([
    ['90s', NOW - 90_000],
    ['15m', NOW - 15 * 60_000],
    ['2h', NOW - 2 * HOUR],
    ['7d', NOW - 168 * HOUR],
    ['2026-11-23', Date.UTC(2026, 10, 23)],
    ['2026-11-23T10:00Z', Date.UTC(2026, 10, 23, 10)],
    ['2026-11-23T10:00:00.5+02:00', Date.UTC(2026, 10, 23, 8, 0, 0, 500)],
  ])('%s is understood', (text, time) => {
    expect(parseTime('--since', text, NOW)).toBe(time);
  });

  test.each(['', 'yesterday', '2h ago', '-2h', '2w', '2026-13-01', '2026-11-23T10:00:00', '1e3s'])(
    '%j is refused, for it means nothing or not the same everywhere',
    (text) => {
      expect(() => parseTime('--since', text, NOW)).toThrow('--since: expected a time such as');
    },
  );
});

describe('audit on a local folder', () => {
  let dataDir: string;
  const lines: string[] = [];
  const io = { out: (line: string) => void lines.push(line), err: () => undefined, now: () => NOW };
  const write = (...said: readonly (AuditLine | string)[]) =>
    appendFileSync(
      join(dataDir, 'audit.ndjson'),
      said.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''),
    );
  const run = (...args: readonly string[]) => audit(parseAudit(['--data', dataDir, ...args]), io);

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'edgehouse-audit-'));
    lines.length = 0;
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));

  test('shows one line for each decision since then, and how many there were of each', async () => {
    write(identityLine(3), identityLine(1), identityLine(0.5, true), batchLine(0.25));

    await run('--since', '2h');

    expect(lines).toEqual([
      'time                      what      decision     code                     principal         stream            source              rows          ms      request',
      '2026-11-23T11:00:00.000Z  identity  allow        -                        web-edge          -                 -                   -             3       identity-1',
      '2026-11-23T11:30:00.000Z  identity  deny         TOKEN_EXPIRED            -                 -                 -                   -             3       identity-0.5',
      '2026-11-23T11:45:00.000Z  batch     stored       -                        web-edge          web_events        ew/12345/1.2.0      2+1/3         41      batch-0.25',
      'allow 1, TOKEN_EXPIRED 1, stored 1',
    ]);
  });

  test('shows only what was refused where that is asked for', async () => {
    const dead: AuditLine = {
      audit: 'replay',
      time: at(0.1),
      requestId: 'r',
      outcome: 'dead',
      object: 'spool/a',
      receives: 1,
      code: 'OBJECT_TAMPERED',
      policyHash: 'h',
    };
    write(identityLine(1), batchLine(1, { decision: 'deny', outcome: 'refused', code: 'POLICY_DENIED' }), dead);

    await run('--since', '2h', '--refused');

    expect(lines.at(-1)).toBe('POLICY_DENIED 1, OBJECT_TAMPERED 1');
  });

  test('gives the lines as they are with --json, and passes over what is none', async () => {
    const line = batchLine(1);
    write(line, '{"audit":"batch","ti', 'START RequestId: 1', '{"message":"other"}');

    await run('--since', '2h', '--json');

    expect(lines.map((text) => JSON.parse(text))).toEqual([line]);
  });

  test('prints no character that steers the terminal, also with --json', async () => {
    const line = batchLine(1, { stream: '\u009b31m\u202e', source: 'a\u007fb' });
    write(line);

    await run('--since', '2h', '--json');

    expect(lines.join('')).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
    expect(lines.map((text) => JSON.parse(text))).toEqual([line]);
  });

  test('says so where there is nothing', async () => {
    write(identityLine(3));

    await run('--since', '1h');

    expect(lines.at(-1)).toBe('no lines');
  });

  test('names the file where there is none', async () => {
    await expect(run('--since', '1h')).rejects.toThrow(/audit\.ndjson/);
  });
});

describe('audit on AWS', () => {
  const aws = pointAwsAtStub();

  test('reads every page of every log group in every region, and tells the lines in one order', async () => {
    const events = (...said: readonly (AuditLine | string)[]) => ({
      events: said.map((line) => ({ message: typeof line === 'string' ? line : JSON.stringify(line) })),
    });
    const pages: Readonly<Record<string, object>> = {
      'us-east-1 DescribeLogGroups': { logGroups: [{ logGroupName: 'authorizer' }, { logGroupName: 'ingest' }] },
      'eu-west-1 DescribeLogGroups': { logGroups: [{ logGroupName: 'ingest' }] },
      'us-east-1 FilterLogEvents authorizer': events(identityLine(3), 'START RequestId: 1'),
      'us-east-1 FilterLogEvents ingest': { ...events(batchLine(1)), nextToken: 'more' },
      'us-east-1 FilterLogEvents ingest more': events(batchLine(0.5)),
      'eu-west-1 FilterLogEvents ingest': events(batchLine(2)),
    };
    const asked: object[] = [];
    const answer = ({ headers, body }: StubRequest) => {
      const { logGroupName, nextToken, ...rest } = JSON.parse(String(body));
      const region = /\/([a-z0-9-]+)\/logs\//.exec(String(headers.authorization))?.[1];
      const operation = String(headers['x-amz-target']).split('.')[1];
      asked.push(rest);
      return json(pages[[region, operation, logGroupName, nextToken].filter(Boolean).join(' ')] ?? {});
    };
    aws.stub().answer(...Array.from({ length: 6 }, () => answer));

    const read = await openAuditLines({ kind: 'aws' }, ['us-east-1', 'eu-west-1']);
    const ids = [];
    for await (const { requestId } of read(NOW - 4 * HOUR)) ids.push(requestId);

    expect(ids).toEqual(['identity-3', 'batch-2', 'batch-1', 'batch-0.5']);
    expect(asked).toContainEqual({ logGroupNamePattern: 'edgehouse-eu-west-1' });
    expect(asked).toContainEqual({ startTime: NOW - 4 * HOUR, filterPattern: '{ $.audit = "*" }' });
  });
});

describe('a line of the table', () => {
  test('is one line of printable characters, whatever a sender wrote', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (source, stream) => {
        const row = auditRow(batchLine(1, { source: `\u001b[2J\u202e${source}`, stream }));
        expect(row).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});

describe('a line of a log', () => {
  test('is taken for an audit line only where it is one, and nothing makes it throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(parseAuditLine(text)).toBeUndefined();
      }),
    );
    expect(parseAuditLine(JSON.stringify(batchLine(1)))).toEqual(batchLine(1));
    for (const broken of [{ time: 'soon' }, { identity: undefined }, { identity: null }, { audit: 'other' }]) {
      expect(parseAuditLine(JSON.stringify({ ...batchLine(1), ...broken }))).toBeUndefined();
    }
  });
});
