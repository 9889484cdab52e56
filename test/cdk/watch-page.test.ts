import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { joined, watchTemplate } from './watch/watch-template.ts';

const { template, alarms, page } = watchTemplate({ streams: ['hits', 'clicks'] });

/** Whether it pages while these alarms are on. */
function pages(...on: readonly string[]): unknown {
  const nameOf = new Map(
    Object.entries(template.findResources('AWS::CloudWatch::Alarm')).map(([id, resource]) => [
      `${id}.Arn`,
      String(resource['Properties']['AlarmName']).replace('edgehouse-', ''),
    ]),
  );
  const rule = joined(page?.AlarmRule)
    .replaceAll(/\bAND\b/g, '&&')
    .replaceAll(/\bOR\b/g, '||');
  return runInNewContext(rule, { ALARM: (arn: string) => on.includes(nameOf.get(arn) ?? '') });
}

describe('the page', () => {
  test.each(['availability', 'refresh-heartbeat', 'token-runway'])('comes with %s alone', (alarm) => {
    expect(pages(alarm)).toBe(true);
  });

  test('comes where no stream is stored, and not while one is', () => {
    expect(pages('insert-heartbeat-hits')).toBe(false);
    expect(pages('insert-heartbeat-hits', 'insert-heartbeat-clicks')).toBe(true);
  });

  test('comes with no other alarm', () => {
    const others = alarms
      .map(({ AlarmName }) => AlarmName.replace('edgehouse-', ''))
      .filter((name) => !/^(availability|refresh-heartbeat|token-runway|insert-heartbeat-.+)$/.test(name));

    expect(others.length).toBeGreaterThan(50);
    expect(pages(...others)).toBe(false);
    expect(pages()).toBe(false);
  });

  test('is the only thing that wakes: it alone goes to the topic of pages, when it fires and when it is over', () => {
    const [topic] = Object.keys(
      template.findResources('AWS::SNS::Topic', { Properties: { DisplayName: 'edgehouse pages' } }),
    );

    expect([page?.AlarmActions, page?.OKActions]).toEqual([[{ Ref: topic }], [{ Ref: topic }]]);
    expect(JSON.stringify(alarms)).not.toContain(topic);
    template.resourceCountIs('AWS::CloudWatch::CompositeAlarm', 1);
  });

  test('says what to do first, in as much as CloudWatch keeps', () => {
    const description = joined(page?.AlarmDescription);

    expect(page?.AlarmName).toBe('edgehouse-page');
    expect(description).toMatch(/\.\n\nLikely: \S.*\.\n\nFirst: aws \S.*\n\nRunbook: https:\S+runbook\.md#page$/);
    expect(description.length).toBeLessThan(1_024);
  });

  test('has only what its region has: where nobody refreshes tokens, none is waited for', () => {
    const other = watchTemplate({ refreshMinutes: undefined }, []).page;

    expect(joined(other?.AlarmRule)).toMatch(
      /^\(+ALARM\("Watchavailability\w+\.Arn"\)\)? OR \(?ALARM\("Watchinsertheartbeathits\w+\.Arn"\)+$/,
    );
  });
});
