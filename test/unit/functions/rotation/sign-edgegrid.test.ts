import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { signEdgegrid } from '../../../../functions/rotation/sign-edgegrid.ts';

// What Akamai's own clients are tested with (AkamaiOPEN-edgegrid-python, test/testdata.json), as far as no headers are signed and
// bodies are shorter than the limit, which those tests set lower.
const CREDENTIAL = {
  clientToken: 'akab-client-token-xxx-xxxxxxxxxxxxxxxx',
  accessToken: 'akab-access-token-xxx-xxxxxxxxxxxxxxxx',
  clientSecret: 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx=',
};
const ORIGIN = 'https://akaa-baseurl-xxxxxxxxxxx-xxxxxxxxxxxxx.luna.akamaiapis.net';
const MOMENT = { time: Date.parse('2014-03-21T19:34:21Z'), nonce: 'nonce-xx-xxxx-xxxx-xxxx-xxxxxxxxxxxx' };

describe('an EdgeGrid signature', () => {
  test.each([
    ['GET', '/', '', 'tL+y4hxyHxgWVD30X3pWnGKHcPzmrIF+LThiAOhMxYU='],
    ['GET', '/testapi/v1/t1?p1=1&p2=2', '', 'hKDH1UlnQySSHjvIcZpDMbQHihTQ0XyVAKZaApabdeA='],
    ['POST', '/testapi/v1/t3', 'datadatadatadatadatadatadatadata', 'hXm4iCxtpN22m4cbZb4lVLW5rhX8Ca82vCFqXzSTPe4='],
    ['POST', '/testapi/v1/t6', '', '1gEDxeQGD5GovIkJJGcBaKnZ+VaPtrc4qBUHixjsPCQ='],
    ['PUT', '/testapi/v1/t6', 'P'.repeat(31), 'GNBWEYSEWOLtu+7dD52da2C39aX/Jchpon3K/AmBqBU='],
  ] as const)('is the one that Akamai publishes: %s %s', (method, path, body, signature) => {
    const header = signEdgegrid({ method, url: new URL(path, ORIGIN), body }, CREDENTIAL, MOMENT);

    expect(header).toBe(
      'EG1-HMAC-SHA256 client_token=akab-client-token-xxx-xxxxxxxxxxxxxxxx;' +
        'access_token=akab-access-token-xxx-xxxxxxxxxxxxxxxx;timestamp=20140321T19:34:21+0000;' +
        `nonce=nonce-xx-xxxx-xxxx-xxxx-xxxxxxxxxxxx;signature=${signature}`,
    );
  });

  test('covers the beginning of a long body, as Akamai reads it', () => {
    const signed = (body: string) =>
      signEdgegrid({ method: 'POST', url: new URL('/a', ORIGIN), body }, CREDENTIAL, MOMENT);
    const most = 'd'.repeat(131_072);

    expect(signed(`${most}x`)).toBe(signed(most));
    expect(signed(`${most.slice(1)}x`)).not.toBe(signed(most));
  });

  test('says the time in UTC, to the second, whenever it is', () => {
    const times = fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true });
    fc.assert(
      fc.property(times, (date) => {
        const moment = { ...MOMENT, time: date.getTime() };
        const header = signEdgegrid({ method: 'GET', url: new URL(ORIGIN), body: '' }, CREDENTIAL, moment);
        const [, y, mo, d, clock] = /timestamp=(\d{4})(\d\d)(\d\d)T([\d:]{8})\+0000;/.exec(header) ?? [];

        expect(Date.parse(`${y}-${mo}-${d}T${clock}Z`)).toBe(Math.floor(date.getTime() / 1000) * 1000);
      }),
    );
  });

  test('fits one request only', () => {
    const part = fc.stringMatching(/^[\w-]{1,20}$/);
    const request = fc.record({ item: part, nonce: part, secret: part, time: fc.integer({ min: 0, max: 4e9 }) });
    const sign = ({ item, nonce, secret, time }: { item: string; nonce: string; secret: string; time: number }) =>
      signEdgegrid(
        { method: 'PUT', url: new URL(`/items/${item}`, ORIGIN), body: '' },
        { ...CREDENTIAL, clientSecret: secret },
        { nonce, time: time * 1000 },
      ).slice(-44);
    fc.assert(
      fc.property(request, request, (one, other) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(other));

        expect(sign(one)).not.toBe(sign(other));
      }),
    );
  });
});
