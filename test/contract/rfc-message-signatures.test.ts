import { createHash, createPublicKey, verify } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { parseDictionary } from 'structured-headers';
import { readHeaders } from '../../functions/ingest/read-headers.ts';
import {
  contentDigest,
  signatureBase,
  signatureParams,
  verifyBatchSignature,
} from '../../functions/shared/batch-signature.ts';
import { trimBlanks } from '../../functions/shared/trim-blanks.ts';
import * as generic from '../integration/support/spoof-batch.ts';
import { CREATED, headersWith, KEY, MESSAGE } from './support/signed-message.ts';

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
