import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  EdgegridCredentialInvalidError,
  parseEdgegridCredential,
} from '../../../../functions/rotation/edgegrid-credential.ts';

const GOOD = {
  host: 'akab-a1.luna.akamaiapis.net',
  clientToken: 'akab-canary-1',
  clientSecret: 'canary/+=',
  accessToken: 'akab-canary-2',
};

function outcomeOf(secret: string): unknown {
  try {
    return parseEdgegridCredential(secret);
  } catch (error) {
    return error;
  }
}

describe('the secret of the Akamai API client', () => {
  test('with a hostname is asked over TLS', () => {
    const { host, ...tokens } = GOOD;
    expect(parseEdgegridCredential(JSON.stringify(GOOD))).toEqual({ origin: `https://${host}`, ...tokens });
  });

  test.each(['http://127.0.0.1:8080', 'http://localhost:1', 'http://[::1]:65535'])(
    'may name a stand-in on this machine: %s',
    (host) => {
      expect(outcomeOf(JSON.stringify({ ...GOOD, host }))).toMatchObject({ origin: host });
    },
  );

  test.each([
    ['http://akab-a1.luna.akamaiapis.net'],
    ['https://akab-a1.luna.akamaiapis.net'],
    ['akab-a1.luna.akamaiapis.net/'],
    ['akab-a1.luna.akamaiapis.net:8443'],
    ['http://127.0.0.1.example.com'],
    ['http://127.0.0.1:80@example.com'],
    ['http://user@127.0.0.1:8080'],
    ['http://127.0.0.1:8080/path'],
    ['https://127.0.0.1:8080'],
    ['127.0.0.1\n.example.com'],
    [''],
    [7],
    [undefined],
  ])('with the host %j is refused', (host) => {
    expect(outcomeOf(JSON.stringify({ ...GOOD, host }))).toMatchObject({
      code: 'EDGEGRID_CREDENTIAL_INVALID',
      message: expect.stringContaining('`host` is not a hostname'),
    });
  });

  test.each(['clientToken', 'clientSecret', 'accessToken'])('without a usable %s says so', (name) => {
    for (const value of [undefined, '', 'canary canary', 'canary;nonce=1', 'canary\n', 12, null]) {
      const refusal = outcomeOf(JSON.stringify({ ...GOOD, [name]: value }));
      expect(refusal).toMatchObject({ message: expect.stringContaining(`\`${name}\` is not`) });
      expect(String(refusal)).not.toContain('canary');
    }
  });

  test('of any content is read or refused, and the refusal quotes nothing of it', () => {
    const member = fc.constantFrom('host', 'clientToken', 'clientSecret', 'accessToken');
    const changed = fc.tuple(member, fc.jsonValue()).map(([name, value]) => JSON.stringify({ ...GOOD, [name]: value }));
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), changed), (secret) => {
        const outcome = outcomeOf(secret);
        if (!(outcome instanceof EdgegridCredentialInvalidError)) {
          expect(outcome).toMatchObject({ origin: expect.stringMatching(/^(https:\/\/|http:\/\/(127|local|\[))/) });
        } else expect(outcome.message).not.toContain('canary');
      }),
    );
  });
});
