import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runSynth } from './support/run-app.ts';

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

  test('says which presets there are', async () => {
    const { code, stderr } = await runSynth(output, '--context', 'preset=emulater');

    expect(code).toBe(1);
    expect(stderr).toContain('The context value preset is "emulater". Expected aws or emulator.');
    expect(stderr).not.toContain('    at ');
  }, 120_000);
});
