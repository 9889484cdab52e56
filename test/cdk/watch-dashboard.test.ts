import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { watchTemplate } from './watch/watch-template.ts';

const { alarms, dashboard } = watchTemplate();

describe('the dashboard', () => {
  const page = z
    .object({
      widgets: z.array(
        z.object({
          type: z.string(),
          x: z.number(),
          y: z.number(),
          width: z.number(),
          properties: z.object({ markdown: z.string().optional(), alarms: z.array(z.string()).optional() }),
        }),
      ),
    })
    .parse(JSON.parse(dashboard));

  test('asks what an operator asks, from top to bottom', () => {
    const questions = page.widgets.flatMap(({ properties }) => properties.markdown ?? []);

    expect(questions).toEqual([
      '## Is it flowing?',
      '## How fresh?',
      '## Who is refused, and why?',
      '## What waits?',
      '## What expires next, and what runs badly?',
    ]);
  });

  test('begins with the state of every alarm', () => {
    expect(page.widgets[0]).toMatchObject({ type: 'alarm', y: 0 });
    expect(page.widgets[0]?.properties.alarms).toHaveLength(alarms.length);
  });

  test('fills its 24 columns in every row', () => {
    const rows = Map.groupBy(page.widgets, ({ y }) => y);

    expect([...rows.values()].map((row) => row.reduce((width, widget) => width + widget.width, 0))).toEqual(
      [...rows].map(() => 24),
    );
  });
});
