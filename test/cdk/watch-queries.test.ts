import { beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { listAlarms } from '../../cdk/watch/alarms.ts';
import { LOG_QUERIES, type LogQuery } from '../../cdk/watch/log-queries.ts';
import { synthesize } from './support/synthesize.ts';
import { driveAuthorizer } from './watch/drive-authorizer.ts';
import { driveCertificate } from './watch/drive-certificate.ts';
import { driveIngest } from './watch/drive-ingest.ts';
import { driveRefusals } from './watch/drive-refusals.ts';
import { driveReplay } from './watch/drive-replay.ts';
import { driveRotation } from './watch/drive-rotation.ts';
import { captureLines, type LogLine } from './watch/emitted-metrics.ts';
import { joined, watchTemplate } from './watch/watch-template.ts';
import { WATCHED } from './watch/watched.ts';

const { template, dashboard } = watchTemplate();
const QUERIES: readonly LogQuery[] = Object.values(LOG_QUERIES);

/** What really stands in each log, by the names in the runbook. */
const lines = new Map<string, readonly LogLine[]>();

beforeAll(async () => {
  lines.set(
    '$AUTHORIZER_LOG',
    await captureLines(async () => {
      await driveAuthorizer();
      await driveCertificate(20);
    }),
  );
  lines.set(
    '$INGEST_LOG',
    await captureLines(async () => {
      await driveIngest();
      await driveRefusals();
    }),
  );
  lines.set('$REPLAY_LOG', await captureLines(driveReplay));
  const rotation = await captureLines(async () => {
    await driveRotation();
    await driveRotation(false);
  });
  lines.set('$ROTATION_LOG', rotation);
  lines.set('$PASSWORD_ROTATION_LOG', rotation);
  const [stack] = synthesize();
  const settings = stack.at('IngestApi/Default/Stage').properties['AccessLogSettings'];
  const { Format } = z.object({ Format: z.string() }).parse(settings);
  lines.set('$ACCESS_LOG', [z.record(z.string(), z.string()).parse(JSON.parse(Format))]);
});

describe('the saved queries', () => {
  test('answer the questions of the dashboard', () => {
    const questions = [...dashboard.matchAll(/## ([A-Z][^"\\]+)\?/g)].map(([, question = '']) => question);

    const unanswered = questions.filter(
      (question) => !QUERIES.some(({ name }) => name.startsWith(question.split(',')[0] ?? question)),
    );
    expect(unanswered).toEqual([]);
    expect(questions.length).toBeGreaterThan(5);
  });

  test('stand in a folder of their stack, each over logs of the stack', () => {
    const saved = Object.values(template.findResources('AWS::Logs::QueryDefinition')).map((resource) =>
      z
        .object({ Name: z.string(), QueryString: z.string(), LogGroupNames: z.array(z.unknown()).min(1) })
        .parse(resource['Properties']),
    );

    expect(saved.map(({ Name }) => Name).sort()).toEqual(QUERIES.map(({ name }) => `edgehouse/${name}`).sort());
    const groups = Object.keys(template.findResources('AWS::Logs::LogGroup'));
    for (const { QueryString, LogGroupNames } of saved) {
      expect(QueryString).toMatch(/^filter .+(\n\| (stats|sort|limit) .+)+$/);
      expect(groups).toEqual(expect.arrayContaining(LogGroupNames.map(joined)));
    }
  });

  test.each(QUERIES.flatMap((query) => query.logs.map((log) => [query.name, log, query] as const)))(
    '%s: names fields of the lines that really stand in the log of %s',
    (_name, log, query) => {
      const known = fieldsOf(logNamed(log));

      const named = fieldsNamedBy(query);

      expect(named.length).toBeGreaterThan(1);
      const all = new Set(query.logs.flatMap((other) => [...fieldsOf(logNamed(other))]));
      expect(named.filter((field) => !all.has(field))).toEqual([]);
      expect(named.some((field) => known.has(field))).toBe(true);
    },
  );
});

describe('the first command of an alarm', () => {
  const looked = listAlarms(WATCHED).flatMap(({ name, member = '', firstCommand }) => {
    const [, log = '', pattern = ''] = /^aws logs tail (\S+) .*--filter-pattern '(.+)'$/.exec(firstCommand) ?? [];
    return pattern === '' ? [] : [[`${name} ${member}`.trim(), log, pattern] as const];
  });

  test('looks into a log, for most of them', () => {
    expect(looked.length).toBeGreaterThan(30);
  });

  const byField = looked.filter(([, , pattern]) => pattern.startsWith('{'));
  test.each(byField)('of %s filters %s by fields of its lines: %s', (_alarm, log, pattern) => {
    const named = [...pattern.matchAll(/\$\.([\w.]+)/g)].map(([, field = '']) => field);

    expect(named.filter((field) => !fieldsOf(log).has(field))).toEqual([]);
  });

  // Only what is quoted are words of ours; the others are Lambda's.
  const byWords = looked.filter(([, , pattern]) => pattern.includes('"') && !pattern.startsWith('{'));
  test.each(byWords)('of %s looks in %s for words of its lines: %s', (_alarm, log, pattern) => {
    const texts = (lines.get(log) ?? []).map((line) => JSON.stringify(line));
    const words = [...pattern.matchAll(/"([^"]+)"/g)].map(([, word = '']) => word);

    expect(words.filter((word) => !texts.some((text) => text.includes(word)))).toEqual([]);
  });
});

function logNamed(log: LogQuery['logs'][number]): string {
  return log === 'access-log' ? WATCHED.accessLog : (WATCHED.logGroups[log] ?? '');
}

/** Every path that leads to a value in the lines of a log. */
function fieldsOf(log: string): ReadonlySet<string> {
  return new Set((lines.get(log) ?? []).flatMap((line) => pathsIn(line)));
}

function pathsIn(line: LogLine, before = ''): readonly string[] {
  return Object.entries(line).flatMap(([name, value]) => {
    const inner = z.record(z.string(), z.unknown()).safeParse(value);
    return inner.success ? pathsIn(inner.data, `${before}${name}.`) : [`${before}${name}`];
  });
}

const WORDS = new Set('filter stats sort limit by as and or not asc desc'.split(' '));

/** What is left of a query without its texts, words, functions and the names that it gives itself. */
function fieldsNamedBy({ lines: commands }: LogQuery): readonly string[] {
  const text = commands.join(' | ').replaceAll(/"[^"]*"/g, ' ');
  const given = new Set([...text.matchAll(/ as (\w+)/g)].map(([, name = '']) => name));
  const names = text.replaceAll(/\b\w+\(/g, ' ').match(/\b[A-Za-z_][\w.]*/g) ?? [];
  return names.filter((name) => !WORDS.has(name) && !given.has(name));
}
