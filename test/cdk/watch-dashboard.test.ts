import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { watchTemplate } from './watch/watch-template.ts';

const pageSchema = z.object({
  widgets: z.array(
    z.object({
      type: z.string(),
      x: z.number(),
      y: z.number(),
      width: z.number(),
      properties: z.object({ markdown: z.string().optional(), alarms: z.array(z.string()).optional() }),
    }),
  ),
});

const { alarms, dashboard } = watchTemplate();
const page = pageSchema.parse(JSON.parse(dashboard));

describe('the dashboard', () => {
  test('asks what an operator asks, from top to bottom', () => {
    const questions = page.widgets.flatMap(({ properties }) => properties.markdown ?? []);

    expect(questions).toEqual([
      '## Is it flowing?',
      '## How fresh?',
      '## Who is refused, and why?',
      '## What waits?',
      '## What expires next?',
      '## What runs badly?',
    ]);
  });

  // A question without its metric is a heading over other people's answers.
  test.each([
    [
      'Is it flowing',
      ['BatchesStored', 'RowsStored', 'RowsQuarantined', 'Count', '5xx', 'RowsMissing', 'RowsDuplicated'],
    ],
    ['How fresh', ['Latency', 'IntegrationLatency', 'BatchLatency', 'ageSeconds']],
    ['Who is refused', ['IdentitiesRefused', 'BatchesRefused', 'RequestsRefused', 'RequestsThrottled', 'principal']],
    ['What waits', ['ApproximateNumberOfMessagesVisible', 'ApproximateAgeOfOldestMessage', 'BatchesBuried']],
    ['What expires next', ['TokenSecondsToExpiry', 'PasswordAge', 'DaysToExpiry', 'CertificateSecondsToExpiry']],
    ['What runs badly', ['Errors', 'Throttles', 'Duration', 'KeySetFetchFailed', 'WARN']],
  ])('answers: %s? by %j', (question, names) => {
    const from = dashboard.indexOf(`## ${question}`);
    const next = dashboard.indexOf('"## ', from);
    const answer = dashboard.slice(from, next === -1 ? undefined : next);

    expect(names.filter((name) => !answer.includes(name))).toEqual([]);
  });

  test('begins with the state of every alarm', () => {
    expect(page.widgets[0]).toMatchObject({ type: 'alarm', y: 0 });
    expect(page.widgets[0]?.properties.alarms).toHaveLength(alarms.length);
  });

  test('shows the state of more alarms than CloudWatch takes in one widget', () => {
    const streams = Array.from({ length: 13 }, (_, index) => `stream_${index}`);
    const busy = watchTemplate({ streams });

    const shown = pageSchema
      .parse(JSON.parse(busy.dashboard))
      .widgets.flatMap(({ type, properties }) => (type === 'alarm' ? [properties.alarms ?? []] : []));
    expect(busy.alarms.length).toBeGreaterThan(100);
    expect(shown.map(({ length }) => length)).toEqual([100, busy.alarms.length - 100]);
    expect(new Set(shown.flat()).size).toBe(busy.alarms.length);
  });

  test.each([
    ['where Secrets Manager rotates the passwords', dashboard],
    ['where Vault has them', watchTemplate({}, ['issuer', 'rotation']).dashboard],
    ['in a region besides the first', watchTemplate({}, []).dashboard],
  ])('%s, fills its 24 columns in every row, each widget with whole ones', (_where, body) => {
    const { widgets } = pageSchema.parse(JSON.parse(body));

    const rows = Map.groupBy(widgets, ({ y }) => y);
    expect(widgets.filter(({ width }) => !Number.isInteger(width))).toEqual([]);
    expect([...rows.values()].map((row) => row.reduce((width, widget) => width + widget.width, 0))).toEqual(
      [...rows].map(() => 24),
    );
  });
});
