import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { callApi } from './call-api.ts';
import { EMULATOR_REGION, type Emulator } from './emulator.ts';
import { NotLoopbackError, requireLoopback } from './loopback.ts';
import { runCdk } from './run-program.ts';

const at = (endpoint: string): Emulator => ({
  endpoint,
  certificate: '',
  certificateFile: '',
  python: '',
  region: EMULATOR_REGION,
});

describe('what talks to the emulator', () => {
  test.each([
    `https://cloudformation.${EMULATOR_REGION}.amazonaws.com`,
    `https://cloudformation.${EMULATOR_REGION}.amazonaws.com:443`,
    'https://127.0.0.1.example.com:4566',
    'https://127.0.0.1@example.com:4566',
    'https://user:secret@127.0.0.1:4566',
    'https://localhost:4566',
    'https://0.0.0.0:4566',
    'https://127.0.0.1',
    'http://127.0.0.1:4566',
    '127.0.0.1:4566',
    '',
  ])('refuses %s', (endpoint) => {
    expect(() => requireLoopback(endpoint)).toThrow(NotLoopbackError);
  });

  test('takes the address that the emulator has', () => {
    expect(requireLoopback('https://127.0.0.1:4566').port).toBe('4566');
  });

  test('refuses every other host, and shows no credentials', () => {
    const property = fc.property(
      fc.webUrl({ validSchemes: ['https', 'http'] }),
      fc.stringMatching(/^[a-z]{8}$/),
      (url, word) => {
        const other = URL.parse(url);
        if (other === null || other.hostname === '127.0.0.1') return;
        other.username = word;
        other.password = `${word}-password`;

        expect(() => requireLoopback(other.href)).toThrow(NotLoopbackError);
        expect(() => requireLoopback(other.href)).not.toThrow(`${word}-password`);
      },
    );

    fc.assert(property);
  });

  test('does not start the CDK CLI, and does not connect, for another address', async () => {
    const real = at('https://cloudformation.us-east-1.amazonaws.com:443');

    await expect(runCdk(['deploy'], real)).rejects.toThrow(NotLoopbackError);
    expect(() => callApi(real, { apiId: 'a', path: '/' })).toThrow(NotLoopbackError);
  });
});
