import { describe, expect, test } from '@jest/globals';
import { readPreset } from '../../cdk/preset.ts';
import { type Resource, synthesize } from './support/synthesize.ts';

const [aws] = synthesize();
const [emulator] = synthesize({ preset: 'emulator' });

const paths = (resources: readonly Resource[]) => resources.map(({ path }) => path).sort();

describe('the emulator preset', () => {
  test('leaves out rotation schedules, the page, alarms on more than one plain metric and saved queries, and nothing else', () => {
    const there = new Set(paths(emulator.resources));
    const leftOut = aws.resources.filter(({ path }) => !there.has(path));

    console.log(`The emulator preset leaves out:\n${paths(leftOut).join('\n')}`);
    const whole = [
      'AWS::SecretsManager::RotationSchedule',
      'AWS::CloudWatch::CompositeAlarm',
      'AWS::Logs::QueryDefinition',
    ];
    const refused = [
      ...whole.map((type) => aws.ofType(type)),
      aws.ofType('AWS::CloudWatch::Alarm').filter(({ properties }) => 'Metrics' in properties),
    ];
    expect(paths(leftOut)).toEqual(paths(refused.flat()));
    expect(refused.map((resources) => resources.length > 0)).not.toContain(false);
  });

  test('adds nothing', () => {
    const there = new Set(paths(aws.resources));

    expect(paths(emulator.resources).filter((path) => !there.has(path))).toEqual([]);
  });

  test('changes nothing but the dashboard, which shows the alarms', () => {
    const changed = emulator.resources.filter((resource) => !sameAs(aws.at(resource.path), resource));

    expect(paths(changed)).toEqual(['Watch/Dashboard/Page']);
    expect(emulator.outputs).toEqual(aws.outputs);
  });

  test('is chosen by name; a name that does not exist is refused', () => {
    expect(readPreset(undefined)).toBe('aws');
    expect(readPreset('emulator')).toBe('emulator');
    expect(() => readPreset('emulater')).toThrow(
      'The context value preset is "emulater". Expected aws or emulator. Next: leave it out for AWS.',
    );
  });
});

function sameAs(one: Resource, other: Resource): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
