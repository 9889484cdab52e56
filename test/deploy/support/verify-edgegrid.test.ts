import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { edgegridFault } from './verify-edgegrid.ts';

// What Akamai's own clients are tested with (AkamaiOPEN-edgegrid-python, test/testdata.json).
const CLIENT = {
  clientToken: 'akab-client-token-xxx-xxxxxxxxxxxxxxxx',
  accessToken: 'akab-access-token-xxx-xxxxxxxxxxxxxxxx',
  clientSecret: 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx=',
};
const SIGNED =
  'EG1-HMAC-SHA256 client_token=akab-client-token-xxx-xxxxxxxxxxxxxxxx;' +
  'access_token=akab-access-token-xxx-xxxxxxxxxxxxxxxx;timestamp=20140321T19:34:21+0000;' +
  'nonce=nonce-xx-xxxx-xxxx-xxxx-xxxxxxxxxxxx;';
const PUT = {
  method: 'PUT',
  scheme: 'https',
  host: 'akaa-baseurl-xxxxxxxxxxx-xxxxxxxxxxxxx.luna.akamaiapis.net',
  path: '/testapi/v1/t6',
  authorization: `${SIGNED}signature=GNBWEYSEWOLtu+7dD52da2C39aX/Jchpon3K/AmBqBU=`,
} as const;
const NOW = Date.parse('2014-03-21T19:34:21Z');

describe('the EdgeKV stand-in', () => {
  test('takes a request with the signature that Akamai publishes, once', () => {
    const used = new Set<string>();

    expect(edgegridFault(PUT, CLIENT, NOW, used)).toBeUndefined();
    expect(edgegridFault(PUT, CLIENT, NOW, used)).toBe('a nonce that was used');
  });

  test('takes a POST with the body that was signed, and with no other', () => {
    const data = Buffer.from('datadatadatadatadatadatadatadata');
    const authorization = `${SIGNED}signature=hXm4iCxtpN22m4cbZb4lVLW5rhX8Ca82vCFqXzSTPe4=`;
    const post = { ...PUT, method: 'POST', path: '/testapi/v1/t3', authorization, body: data };

    expect(edgegridFault(post, CLIENT, NOW, new Set())).toBeUndefined();
    expect(edgegridFault({ ...post, body: data.subarray(1) }, CLIENT, NOW, new Set())).toBe(
      'the signature does not fit',
    );
  });

  test.each([
    ['another path', { ...PUT, path: '/testapi/v1/t7' }, NOW, 'the signature does not fit'],
    ['another method', { ...PUT, method: 'DELETE' }, NOW, 'the signature does not fit'],
    ['another host', { ...PUT, host: 'example.com' }, NOW, 'the signature does not fit'],
    ['a time 31 s ago', PUT, NOW + 31_000, 'its time is not this time'],
    ['no signature', { ...PUT, authorization: SIGNED }, NOW, 'the header is not of the form EG1-HMAC-SHA256'],
  ])('refuses %s', (_what, request, now, fault) => {
    expect(edgegridFault(request, CLIENT, now, new Set())).toBe(fault);
  });

  test('refuses whatever else stands in the header', () => {
    const property = fc.property(fc.string(), fc.string(), (before, after) => {
      const authorization = `${before}${PUT.authorization.slice(before.length)}${after}`;
      fc.pre(authorization !== PUT.authorization);

      expect(edgegridFault({ ...PUT, authorization }, CLIENT, NOW, new Set())).toBeDefined();
    });

    fc.assert(property);
  });
});
