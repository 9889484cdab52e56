import { createHash, createPublicKey, verify } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseDictionary } from 'structured-headers';
import { readHeaders } from '../../functions/ingest/read-headers.ts';
import {
  type BatchMessage,
  contentDigest,
  signatureBase,
  signatureParams,
  signBatch,
  verifyBatchSignature,
} from '../../functions/shared/batch-signature.ts';
import { trimBlanks } from '../../functions/shared/trim-blanks.ts';
import * as generic from '../integration/support/spoof-batch.ts';

const KEY = Buffer.alloc(32, 1);
const CREATED = 1_618_884_473;
const MESSAGE: BatchMessage = {
  path: '/v1/streams/web_events/batches',
  contentType: 'application/json',
  contentDigest: contentDigest(createHash('sha256').update('[]').digest()),
  batchId: '0193562a-7b1e-7000-8000-000000000001',
  batchRows: '1',
  source: 'ew/12345/1.2.0',
};

/** RFC 9421, appendix B.2: the request and the response, and what is signed of them. */
const REQUEST = {
  '"date"': 'Tue, 20 Apr 2021 02:07:55 GMT',
  '"@method"': 'POST',
  '"@path"': '/foo',
  '"@query"': '?param=Value&Pet=dog',
  '"@query-param";name="Pet"': 'dog',
  '"@authority"': 'example.com',
  '"content-type"': 'application/json',
  '"content-digest"':
    'sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:',
  '"content-length"': '18',
} as const;
const RESPONSE = {
  '"@status"': '200',
  '"content-type"': 'application/json',
  '"content-digest"':
    'sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:',
  '"content-length"': '23',
} as const;
const created = `created=${CREATED}`;
const EXAMPLES = [
  {
    label: 'sig-b21',
    components: [],
    parameters: [created, 'keyid="test-key-rsa-pss"', 'nonce="b3k2pp5k7z-50gnwp.yemd"'],
    signature: undefined,
  },
  {
    label: 'sig-b22',
    components: parts(REQUEST, '"@authority"', '"content-digest"', '"@query-param";name="Pet"'),
    parameters: [created, 'keyid="test-key-rsa-pss"', 'tag="header-example"'],
    signature: undefined,
  },
  {
    label: 'sig-b23',
    components: parts(
      REQUEST,
      '"date"',
      '"@method"',
      '"@path"',
      '"@query"',
      '"@authority"',
      '"content-type"',
      '"content-digest"',
      '"content-length"',
    ),
    parameters: [created, 'keyid="test-key-rsa-pss"'],
    signature: undefined,
  },
  {
    label: 'sig-b24',
    components: parts(RESPONSE, '"@status"', '"content-type"', '"content-digest"', '"content-length"'),
    parameters: [created, 'keyid="test-key-ecc-p256"'],
    signature: 'wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==',
  },
  {
    label: 'sig-b25',
    components: parts(REQUEST, '"date"', '"@authority"', '"content-type"'),
    parameters: [created, 'keyid="test-shared-secret"'],
    signature: 'pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=',
  },
  {
    label: 'sig-b26',
    components: parts(REQUEST, '"date"', '"@method"', '"@path"', '"@authority"', '"content-type"', '"content-length"'),
    parameters: [created, 'keyid="test-key-ed25519"'],
    signature: 'wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==',
  },
] as const;

function parts<Name extends string>(values: Readonly<Record<Name, string>>, ...names: readonly Name[]) {
  return names.map((name): generic.Component => [name, values[name]]);
}

function exampleOf(wanted: string) {
  const example = EXAMPLES.find(({ label }) => label === wanted);
  if (example === undefined) throw new Error(`no example ${wanted}`);
  const params = generic.signatureParams(example.components, example.parameters);
  return { ...example, params, base: generic.signatureBase(example.components, params) };
}

describe('the signer that the spoofing tests forge with', () => {
  test('makes the signature of RFC 9421 B.2.5', () => {
    const { base, params, signature } = exampleOf('sig-b25');
    const secret = 'uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==';

    expect(params).toBe('("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"');
    expect(generic.hmac(Buffer.from(secret, 'base64'), base)).toBe(signature);
  });

  test('builds the bases that the signatures of B.2.4 (ECDSA) and B.2.6 (Ed25519) verify', () => {
    const ecc =
      'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lfw0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==';
    const p256 = createPublicKey({ key: Buffer.from(ecc, 'base64'), format: 'der', type: 'spki' });
    const x = Buffer.from('JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=', 'base64').toString('base64url');
    const ed25519 = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    const [b24, b26] = [exampleOf('sig-b24'), exampleOf('sig-b26')];
    const bytes = ({ signature }: { readonly signature: string | undefined }) => Buffer.from(signature ?? '', 'base64');

    const ecdsa = { key: p256, dsaEncoding: 'ieee-p1363' } as const;
    expect(verify('sha256', Buffer.from(b24.base), ecdsa, bytes(b24))).toBe(true);
    expect(verify(null, Buffer.from(b26.base), ed25519, bytes(b26))).toBe(true);
  });

  test('builds our signature base, component by component', () => {
    const params = signatureParams(MESSAGE, '1.a', CREATED);
    const components: readonly generic.Component[] = [
      ['"@method"', 'POST'],
      ['"@path"', MESSAGE.path],
      ['"content-type"', MESSAGE.contentType],
      ['"content-digest"', MESSAGE.contentDigest],
      ['"edge-batch-id"', MESSAGE.batchId],
      ['"edge-batch-rows"', MESSAGE.batchRows],
      ['"edge-source"', MESSAGE.source],
    ];

    expect(generic.signatureParams(components, [created, 'keyid="1.a"', 'tag="edgehouse"'])).toBe(params);
    expect(generic.signatureBase(components, params)).toBe(signatureBase(MESSAGE, params));
  });
});

describe('a signature that follows RFC 9421 and not our profile of it', () => {
  test.each(EXAMPLES.map(({ label }) => [label]))('%s of appendix B is refused', (label) => {
    const { params, base } = exampleOf(label);
    const headers = { signatureInput: `${label}=${params}`, signature: `${label}=:${generic.hmac(KEY, base)}:` };
    const renamed = { signatureInput: `edge=${params}`, signature: `edge=:${generic.hmac(KEY, base)}:` };

    expect([...parseDictionary(headers.signatureInput).keys()]).toEqual([label]);
    for (const sent of [headers, renamed]) {
      expect(verifyBatchSignature(MESSAGE, sent, () => KEY, CREATED)).toEqual({ kind: 'invalid' });
    }
  });
});

describe('the digest of RFC 9530', () => {
  test.each([
    ['B.1 and B.2: the whole content', '{"hello": "world"}\n', 'RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg='],
    ['B.4: a part of the content', '"world"}\n', 'jjcgBDWNAtbYUXI37CVG3gRuGOAjaaDRGpIUFsdyepQ='],
    ['B.7: a request', '{"title": "New Title"}\n', 'mEkdbO7Srd9LIOegftO0aBX+VPTVz7/CSHes2Z27gc4='],
    ['of RFC 9421’s content', '{"hello": "world"}', 'X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE='],
  ])('%s', (_example, content, digest) => {
    expect(contentDigest(createHash('sha256').update(content).digest())).toBe(`sha-256=:${digest}:`);
    expect(readHeaders(headersWith('content-digest', `sha-256=:${digest}:`), 'token').contentDigest).toBe(
      `sha-256=:${digest}:`,
    );
  });

  test.each([
    ['B.1, SHA-512', REQUEST['"content-digest"']],
    ['several algorithms', `sha-256=:${'A'.repeat(43)}=:, ${REQUEST['"content-digest"']}`],
    ['an algorithm that RFC 9530 calls insecure', 'md5=:1B2M2Y8AsgTpgAmY7PhCfg==:'],
    ['a parameter', `sha-256=:${'A'.repeat(43)}=:;a=1`],
  ])('with %s is another profile’s', (_what, value) => {
    expect(() => readHeaders(headersWith('content-digest', value), 'token')).toThrow('Content-Digest');
  });
});

test('a field’s value is trimmed as RFC 9421 §2.1 has it', () => {
  expect(trimBlanks('  Leading and trailing whitespace.   ')).toBe('Leading and trailing whitespace.');
});

function headersWith(name: string, value: string): Readonly<Record<string, string>> {
  return {
    authorization: 'Bearer a',
    'content-type': MESSAGE.contentType,
    'content-digest': MESSAGE.contentDigest,
    'edge-batch-id': MESSAGE.batchId,
    'edge-batch-rows': MESSAGE.batchRows,
    'edge-source': MESSAGE.source,
    'signature-input': 'edge=()',
    signature: 'edge=::',
    [name]: value,
  };
}

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
        const mac = generic.hmac(KEY, signatureBase(MESSAGE, params));
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
        const [key, ...others] = [...parseDictionary(value)];
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
