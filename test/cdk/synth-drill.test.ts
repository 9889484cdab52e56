import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import userConfig from '../../edgehouse.config.ts';
import { THREE_REGIONS } from './support/every-preset.ts';
import { runSynthWith } from './support/run-app.ts';

// Alone, as drills are: it takes six seconds of one core, and whatever runs beside it doubles that.

const MOST_MS = 20_000;

let output = '';
beforeAll(() => {
  output = mkdtempSync(join(tmpdir(), 'edgehouse-synth-'));
});
afterAll(() => rmSync(output, { recursive: true }));

test('cdk synth of three regions takes less than 20 s, without account and network', async () => {
  const { code, stderr, milliseconds } = await runSynthWith({ ...userConfig, regions: THREE_REGIONS }, output);

  console.log(`cdk synth, three regions: ${(milliseconds / 1000).toFixed(1)} s`);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  for (const region of THREE_REGIONS) {
    expect(existsSync(join(output, `edgehouse-${region}.template.json`))).toBe(true);
  }
  expect(milliseconds).toBeLessThan(MOST_MS);
}, 120_000);
