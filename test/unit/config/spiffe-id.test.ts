import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isSpiffeId } from '../../../config/spiffe-id.ts';

describe('a SPIFFE ID', () => {
  test.each([
    'spiffe://example.com/edge',
    'spiffe://prod.acme-1_2.com/ns/default/sa/Edge.Web',
    'spiffe://a/...',
    `spiffe://a/${'b'.repeat(2048 - 11)}`,
  ])('is %.60s', (uri) => {
    expect(isSpiffeId(uri)).toBe(true);
  });

  test.each([
    ['nothing', ''],
    ['a trust domain alone', 'spiffe://example.com'],
    ['the root path', 'spiffe://example.com/'],
    ['an empty segment', 'spiffe://example.com//edge'],
    ['a slash at the end', 'spiffe://example.com/edge/'],
    ['a segment that leads up', 'spiffe://example.com/a/../edge'],
    ['a segment that leads nowhere', 'spiffe://example.com/./edge'],
    ['a port', 'spiffe://example.com:443/edge'],
    ['a user', 'spiffe://me@example.com/edge'],
    ['a query', 'spiffe://example.com/edge?x'],
    ['a fragment', 'spiffe://example.com/edge#x'],
    ['percent-encoding', 'spiffe://example.com/%65dge'],
    ['capitals in the scheme', 'SPIFFE://example.com/edge'],
    ['capitals in the trust domain', 'spiffe://Example.com/edge'],
    ['another scheme', 'https://example.com/edge'],
    ['no trust domain', 'spiffe:///edge'],
    ['a line feed at the end', 'spiffe://example.com/edge\n'],
    ['too many characters', `spiffe://a/${'b'.repeat(2048 - 10)}`],
  ])('is not one with %s', (_what, uri) => {
    expect(isSpiffeId(uri)).toBe(false);
  });

  test('is read by a URL parser as what it says', () => {
    const near = fc.stringMatching(/^spiffe:\/\/[a-zA-Z0-9.:@_-]{0,12}[/a-zA-Z0-9.?#%_-]{0,20}$/);
    fc.assert(
      fc.property(near, (uri) => {
        if (!isSpiffeId(uri)) return;
        const { protocol, host, pathname, search, hash, username, port } = new URL(uri);
        expect(`${protocol}//${host}${pathname}`).toBe(uri);
        expect([search, hash, username, port]).toEqual(['', '', '', '']);
      }),
      { numRuns: 2000 },
    );
  });
});
