import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { type AskApi, doOnce, openAkamaiApi } from '../../../cli/akamai-api.ts';
import { AkamaiApiError } from '../../../cli/akamai-api-error.ts';

const NOW = Date.parse('2026-01-02T03:04:05Z');
const CREDENTIAL = {
  origin: 'https://akab-a1.luna.akamaiapis.net',
  clientToken: 'canary-client',
  clientSecret: 'canary-secret',
  accessToken: 'canary-access',
};
const schema = z.object({ rights: z.record(z.string(), z.array(z.string())) });

interface Call {
  readonly url: string;
  readonly headers: Headers;
}

function apiOf(answer: () => Response, calls: Call[] = [], accountSwitchKey?: string): AskApi {
  return openAkamaiApi(
    { credential: CREDENTIAL, accountSwitchKey },
    {
      fetch: async (url, { headers } = {}) => {
        calls.push({ url: String(url), headers: new Headers(headers) });
        return answer();
      },
      now: () => NOW,
      random: () => 0,
      wait: async () => undefined,
    },
  );
}

describe('an API of Akamai', () => {
  test('is asked at its own host, for the account that the credential names', async () => {
    const calls: Call[] = [];
    const ask = apiOf(() => Response.json({ rights: {} }), calls, '1-ABC:1-2');

    await ask({ what: 'answer', method: 'GET', path: '/edgekv/v1/tokens/a', query: { q: 'a b' }, schema });

    expect(calls.map(({ url }) => url)).toEqual([
      'https://akab-a1.luna.akamaiapis.net/edgekv/v1/tokens/a?q=a+b&accountSwitchKey=1-ABC%3A1-2',
    ]);
    expect(calls[0]?.headers.get('authorization')).toMatch(
      /^EG1-HMAC-SHA256 client_token=canary-client;.*timestamp=20260102T03:04:05\+0000;nonce=[\w-]{36};signature=/,
    );
    expect(calls[0]?.headers.has('content-type')).toBe(false);
  });

  test('may answer whatever it likes: it is understood or refused, in words that steer no terminal and hold no credential', async () => {
    const odd = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        CREDENTIAL.clientToken,
        CREDENTIAL.clientSecret,
        `a ${CREDENTIAL.accessToken} b`,
        '\u001b[2J\u202e',
      ),
    );
    const text = fc.oneof(odd, fc.jsonValue());
    const problem = fc.record({ detail: text, title: text, errorCode: text, instance: text, requestTime: text });
    const rights = fc.record({ rights: fc.dictionary(odd, fc.array(text)) });
    const body = fc.oneof(
      odd,
      fc.json(),
      problem.map((value) => JSON.stringify(value)),
      rights.map((value) => JSON.stringify(value)),
    );
    const retryAfter = fc.oneof(fc.stringMatching(/^[ -~]{0,20}$/), fc.nat().map(String));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 200, max: 599 }), body, retryAfter, async (status, said, wait) => {
        fc.pre(![204, 205, 304].includes(status));
        const ask = apiOf(() => new Response(said, { status, headers: { 'retry-after': wait } }));

        const outcome = await ask({ what: 'answer', method: 'GET', path: '/a', schema }).catch(
          (error: unknown) => error,
        );

        if (!(outcome instanceof AkamaiApiError)) {
          expect(outcome).toEqual({ rights: expect.any(Object) });
          return;
        }
        expect(outcome.message).toMatch(/^Akamai did not answer: [\s\S]*\. Next: [\s\S]*\.$/);
        expect(outcome.message).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
        expect(outcome.message).not.toContain('canary');
        expect(outcome.retryable).toBe(status === 429 || status >= 500);
        expect(outcome.retryAfterMs).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test('that keeps silent is asked again later, and what failed elsewhere is not', async () => {
    const waits: number[] = [];
    const ports = { random: () => 0.5, wait: async (milliseconds: number) => void waits.push(milliseconds) };
    const silent = new AkamaiApiError('answer', { silence: 'no connection', reason: 'ECONNRESET' });
    let acts = 0;
    const act = async () => {
      acts += 1;
      throw silent;
    };

    await expect(doOnce(act, async () => undefined, ports)).rejects.toBe(silent);
    await expect(
      doOnce(
        async () => Promise.reject(new TypeError('a bug')),
        async () => 'done',
        ports,
      ),
    ).rejects.toThrow('a bug');

    expect(acts).toBe(6);
    expect(waits).toEqual([750, 1500, 3000, 6000, 12_000, 24_000]);
  });
});
