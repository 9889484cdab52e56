import { describe, expect, test } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import { z } from 'zod';
import { ACCESS_LOG_FILTERS } from '../../cdk/watch/access-log-metrics.ts';
import { synthesize } from './support/synthesize.ts';
import { filtersIn, takes } from './watch/metric-filters.ts';

const [stack] = synthesize();
const format = z
  .object({ Format: z.string() })
  .parse(stack.at('IngestApi/Default/Stage').properties['AccessLogSettings']).Format;
const filters = filtersIn(
  Template.fromJSON({
    Resources: Object.fromEntries(
      stack.resources.map(({ id, type, properties }) => [id, { Type: type, Properties: properties }]),
    ),
  }),
);

/** A line as the gateway writes it: every value a text, `-` where there is none. */
function line(context: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
  const text = format.replaceAll(/\$context\.([\w.]+)/g, (_variable, name) => context[name] ?? '-');
  return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
}

describe('the filters of the access log', () => {
  test('are on the log of the API that takes batches', () => {
    expect([...filters.keys()].sort()).toEqual(Object.keys(ACCESS_LOG_FILTERS).sort());
    const log = stack.at('IngestApi/Default/AccessLog').id;
    expect([...filters.values()].map(({ LogGroupName }) => LogGroupName.Ref)).toEqual([log, log]);
  });

  test.each([
    ['a batch that is stored', { status: '200', 'integration.status': '200' }, []],
    ['no token', { status: '401' }, ['RequestsRefused']],
    ['a refused identity', { status: '403', 'authorizer.status': '200' }, ['RequestsRefused']],
    ['a batch that its sender may not write', { status: '403', 'integration.status': '403' }, ['RequestsRefused']],
    ['more than the stage takes', { status: '429' }, ['RequestsThrottled']],
    ['more than a principal may send', { status: '429', 'integration.status': '429' }, []],
    ['a malformed batch', { status: '400', 'integration.status': '400' }, []],
    ['an authorizer that cannot decide', { status: '500', 'authorizer.status': '500' }, []],
  ])('take %s', (_what, context, expected) => {
    const counted = [...filters].filter(([, { FilterPattern }]) => takes(FilterPattern, line(context)));

    expect(counted.map(([name]) => name)).toEqual(expected);
  });
});
