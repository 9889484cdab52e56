import { describe, expect, jest, test } from '@jest/globals';
import { SpoolError } from '../../../../functions/shared/batch-spool.ts';
import { describeFault } from '../../../../functions/shared/describe-fault.ts';
import { createLambdaTelemetry } from '../../../../functions/shared/lambda-telemetry.ts';
import { METRIC_UNITS, type MetricName, type Telemetry } from '../../../../functions/shared/telemetry.ts';

/** What is written to standard output and error, which CloudWatch reads both. */
function linesOf(act: (telemetry: Telemetry) => void): readonly unknown[] {
  let written = '';
  const take = (text: unknown) => {
    written += String(text);
    return true;
  };
  const streams = [process.stdout, process.stderr].map((stream) =>
    jest.spyOn(stream, 'write').mockImplementation(take),
  );
  try {
    act(createLambdaTelemetry('ingest').telemetry);
  } finally {
    for (const stream of streams) stream.mockRestore();
  }
  return written
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}

function emf(name: string, unit: string, dimensions: readonly string[]) {
  return {
    CloudWatchMetrics: [{ Namespace: 'edgehouse', Dimensions: [dimensions], Metrics: [{ Name: name, Unit: unit }] }],
    Timestamp: expect.any(Number),
  };
}

describe('a metric on Lambda', () => {
  test.each(Object.keys(METRIC_UNITS) as MetricName[])('%s has its own unit and the service', (metric) => {
    expect(linesOf(({ count }) => count(metric, 7))).toEqual([
      { _aws: emf(metric, METRIC_UNITS[metric], ['service']), service: 'ingest', [metric]: 7 },
    ]);
  });

  test('has one set of dimensions, and another metric’s are not in it', () => {
    const lines = linesOf(({ count }) => {
      count('BatchesRefused', 1, { stream: 'hits', code: 'ROWS_EMPTY' });
      count('BatchLatency', 12, { stream: 'hits' });
    });
    expect(lines).toEqual([
      expect.objectContaining({ _aws: emf('BatchesRefused', 'Count', ['service', 'stream', 'code']) }),
      expect.objectContaining({ _aws: emf('BatchLatency', 'Milliseconds', ['service', 'stream']), BatchLatency: 12 }),
    ]);
  });
});

describe('a warning on Lambda', () => {
  test('has all the words of a fault of ours, and nothing else is written', () => {
    const lines = linesOf((telemetry) => telemetry.warn('Something failed', describeFault(new SpoolError('Reading'))));
    expect(lines).toEqual([
      expect.objectContaining({
        level: 'WARN',
        message: 'Something failed',
        service: 'ingest',
        code: 'SPOOL_FAILED',
        detail: expect.stringContaining('Reading failed'),
      }),
    ]);
  });
});
