import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import userConfig from '../../edgehouse.config.ts';
import { runSynth, runSynthWith } from './support/run-app.ts';

let output = '';
beforeAll(() => {
  output = mkdtempSync(join(tmpdir(), 'edgehouse-synth-'));
});
afterAll(() => rmSync(output, { recursive: true }));

describe('cdk synth', () => {
  test('works without account and network', async () => {
    const { code, stderr, milliseconds } = await runSynth(output);

    console.log(`cdk synth: ${(milliseconds / 1000).toFixed(1)} s`);
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    expect(existsSync(join(output, 'edgehouse-us-east-1.template.json'))).toBe(true);
  }, 120_000);

  test('shows what leaves a production stack open, once for all regions; strictly it fails', async () => {
    const open = { ...userConfig, regions: ['us-east-1', 'eu-west-1'], production: { reservedConcurrency: 'none' } };

    const [shown, strict] = [await runSynthWith(open, output), await runSynthWith(open, output, '--strict')];

    expect([shown.code, strict.code]).toEqual([0, 1]);
    const settings = [
      'domain.mtls',
      ...['originIps', 'reservedConcurrency', 'alarmsTo'].map((key) => `production.${key}`),
    ];
    for (const setting of settings) expect(shown.stderr.split(`Close it with ${setting}`)).toHaveLength(2);
  }, 120_000);

  test('says which presets there are', async () => {
    const { code, stderr } = await runSynth(output, '--context', 'preset=emulater');

    expect(code).toBe(1);
    expect(stderr).toContain('The context value preset is "emulater". Expected aws or emulator.');
    expect(stderr).not.toContain('    at ');
  }, 120_000);
});
