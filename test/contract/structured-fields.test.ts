import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseDictionary } from 'structured-headers';
import { readHeaders } from '../../functions/ingest/read-headers.ts';
import { signatureBase, signBatch, verifyBatchSignature } from '../../functions/shared/batch-signature.ts';
import { trimBlanks } from '../../functions/shared/trim-blanks.ts';
import { hmac } from '../integration/support/spoof-batch.ts';
import { CREATED, headersWith, KEY, MESSAGE } from './support/signed-message.ts';

/** What breaks or bends a structured field (RFC 9651), after the names of httpwg/structured-field-tests. */
const BENT: readonly (readonly [name: string, bend: (value: string) => string])[] = [
  ['extra whitespace dictionary', (value) => `${value} ,  b=2`],
  ['no whitespace dictionary', (value) => `${value},b=2`],
  ['whitespace before = dictionary', (value) => value.replace('=', ' =')],
  ['whitespace after = dictionary', (value) => value.replace('=', '= ')],
  ['trailing comma dictionary', (value) => `${value},`],
  ['empty item dictionary', (value) => `${value},,b=2`],
  ['duplicate key dictionary', (value) => `${value},b=2,${value}`],
  ['missing value dictionary', (value) => value.replace(/=.*/, '')],
  ['numeric key dictionary', (value) => `1${value}`],
  ['uppercase key dictionary', (value) => value.replace(/^./, (letter) => letter.toUpperCase())],
  ['bad key dictionary', (value) => value.replace('=', '~=')],
  ['whitespace before ; parameterised dict', (value) => value.replace(';', ' ;')],
  ['whitespace after ; parameterised dict', (value) => value.replace(';', '; ')],
  ['missing parameter value parameterised dict', (value) => `${value};a`],
  ['tab-separated inner list', (value) => value.replace(' ', '\t')],
  ['double whitespace inner list', (value) => value.replace(' ', '  ')],
  ['leading space in inner list', (value) => value.replace('(', '( ')],
  ['unclosed inner list', (value) => value.replace(')', '')],
  ['bad padding', (value) => value.replace('=:', ':')],
  ['bad end delimiter', (value) => value.replace(/:$/, '')],
  ['extra whitespace in binary', (value) => value.replace(/:(.{9})/, ':$1 ')],
  ['extra chars in binary', (value) => value.replace(/:(.{9})/, ':$1!')],
  ['base64url in binary', (value) => value.replace(/:.{4}/, ':a-_b')],
  ['binary in asterisks, as drafts had it', (value) => value.replaceAll(':', '*')],
  ['string quoting', (value) => value.replaceAll('"', "'")],
  ['escaped quote', (value) => value.replace('"@', '"\\"@')],
  ['non-ascii string', (value) => value.replace('"@', '"é@')],
  ['leading zero integer', (value) => value.replace('created=', 'created=0')],
  ['negative integer', (value) => value.replace('created=', 'created=-')],
  ['decimal', (value) => value.replace(/(created=\d+)/, '$1.0')],
  ['too long integer', (value) => value.replace('created=', 'created=9999999')],
];

describe('a structured field', () => {
  const signed = signBatch(MESSAGE, KEY, '1.a', CREATED);

  test.each(BENT)('with %s is no signature of ours', (_name, bend) => {
    const changed = [
      { ...signed, signatureInput: bend(signed.signatureInput) },
      { ...signed, signature: bend(signed.signature) },
    ].filter(
      ({ signatureInput, signature }) => signatureInput !== signed.signatureInput || signature !== signed.signature,
    );

    expect(changed.length).toBeGreaterThan(0);
    for (const sent of changed) {
      expect(verifyBatchSignature(MESSAGE, sent, () => KEY, CREATED)).toEqual({ kind: 'invalid' });
    }
  });

  test('that ours takes is read alike by an RFC 9651 parser, whatever was done to it', () => {
    let taken = 0;
    fc.assert(
      fc.property(edits, (change) => {
        const signatureInput = change(signed.signatureInput);
        const params = signatureInput.replace(/^edge=/, '');
        const mac = hmac(KEY, signatureBase(MESSAGE, params));
        const verdict = verifyBatchSignature(
          MESSAGE,
          { signatureInput, signature: `edge=:${mac}:` },
          () => KEY,
          CREATED,
        );
        if (verdict.kind === 'invalid') return;
        taken++;
        const read = parseDictionary(signatureInput);
        const [components, parameters] = read.get('edge') ?? [];
        expect([...read.keys()]).toEqual(['edge']);
        expect(Array.isArray(components) && components.map(([name]) => name)).toEqual([
          '@method',
          '@path',
          'content-type',
          'content-digest',
          'edge-batch-id',
          'edge-batch-rows',
          'edge-source',
        ]);
        const keyid: unknown = parameters?.get('keyid');
        expect(parameters).toEqual(
          new Map<string, unknown>([
            ['created', verdict.created],
            ['keyid', keyid],
            ['tag', 'edgehouse'],
          ]),
        );
        expect(verdict.kind === 'stale' || verdict.keyId === keyid).toBe(true);
      }),
      { numRuns: 5_000 },
    );
    // A digit of the time or a character of the key id: some of the edits leave the form what it is.
    expect(taken).toBeGreaterThan(10);
  });

  test('that is a digest to ours is one to an RFC 9651 parser, of the same 32 bytes', () => {
    let taken = 0;
    fc.assert(
      fc.property(edits, (change) => {
        const value = change(MESSAGE.contentDigest);
        const read = digestAsWeRead(value);
        if (read === undefined) return;
        taken++;
        const [key, ...others] = [...parseDictionary(trimBlanks(value))];
        expect([key?.[0], ...others]).toEqual(['sha-256']);
        const bytes: unknown = key?.[1][0];
        expect(bytes instanceof ArrayBuffer && Buffer.from(bytes).equals(read)).toBe(true);
      }),
      { numRuns: 5_000 },
    );
    expect(taken).toBeGreaterThan(100);
  });
});

function digestAsWeRead(value: string): Buffer | undefined {
  try {
    const { contentDigest: text } = readHeaders(headersWith('content-digest', value), 'token');
    return Buffer.from(text.slice('sha-256=:'.length, -1), 'base64');
  } catch {
    return undefined;
  }
}

/** One to three small edits: a piece put in, taken out, or put in the place of another; digits and letters most often. */
const piece = fc.oneof(
  { weight: 4, arbitrary: fc.stringMatching(/^[0-9A-Za-z]$/) },
  fc.constantFrom('', ' ', '\t', ';', ',', '=', '"', ':', '(', ')', '\\', '-', '+', '/', '_', '.', '?1', 'é', '@'),
  fc.constantFrom(';created=1', ';a', ';alg="hmac-sha256"', ' "@authority"', ', edge=1', '"@path"', '==', '0'),
);
const edits = fc
  .array(fc.record({ at: fc.nat(), removed: fc.constantFrom(0, 0, 1, 1, 1, 2, 9), added: piece }), {
    minLength: 1,
    maxLength: 3,
  })
  .map(
    (changes) =>
      (text: string): string =>
        changes.reduce((changed, { at, removed, added }) => {
          const place = at % (changed.length + 1);
          return changed.slice(0, place) + added + changed.slice(place + removed);
        }, text),
  );
