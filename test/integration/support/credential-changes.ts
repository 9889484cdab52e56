import { randomBytes } from 'node:crypto';
import type { Draft } from './outside-client.ts';
import { type Change, setHeader } from './request-changes.ts';

function flip(text: string, at: number): string {
  return text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
}

/** Changes one claim of the token without its key: the signature no longer fits. */
function forgeClaim(token: string, name: string, value: unknown): string {
  const [header, payload, signature] = token.split('.');
  const claims = { ...JSON.parse(Buffer.from(payload ?? '', 'base64url').toString()), [name]: value };
  return [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
}

const signatureOf = (name: string, edit: (batch: Draft) => void, code = 'BATCH_SIGNATURE_INVALID'): Change => ({
  name: `signature: ${name}`,
  before: edit,
  status: 401,
  code,
});

const bearer = (edit: (token: string) => string) => (batch: Draft) => {
  const token = String(batch.headers['authorization']).slice('Bearer '.length);
  batch.headers['authorization'] = `Bearer ${edit(token)}`;
};

/** Changes to the batch's signature, to what it covers and to the token. */
export function credentialChanges(): readonly Change[] {
  const claims = [
    ['sub', 'ew:1', 'SIGNATURE_INVALID'],
    ['exp', 4_000_000_000, 'SIGNATURE_INVALID'],
    ['aud', 'other', 'SIGNATURE_INVALID'],
    ['iss', 'https://evil.example', 'ISSUER_UNKNOWN'],
    ['jti', 'x', 'SIGNATURE_INVALID'],
  ] as const;
  return [
    ...(['edge-batch-id', 'edge-batch-rows', 'edge-source', 'content-type'] as const).map(
      (name): Change => ({
        name: `${name} changed after signing`,
        after: setHeader(
          name,
          {
            'edge-batch-id': '018f3c3e-0000-7000-8000-000000000000',
            'edge-batch-rows': '9',
            'edge-source': 'ew/12345/9.9',
            'content-type': 'application/json; charset=utf-8',
          }[name],
        ),
        status: 401,
        code: 'BATCH_SIGNATURE_INVALID',
      }),
    ),
    signatureOf('another key', (batch) => {
      batch.key = randomBytes(32);
    }),
    signatureOf('another key id', (batch) => {
      batch.keyId = flip(batch.keyId, batch.keyId.length - 1);
    }),
    signatureOf('an unknown version', (batch) => {
      batch.keyId = `7${batch.keyId.slice(1)}`;
    }),
    signatureOf('another tag', (batch) => {
      batch.tag = 'edgehouse2';
    }),
    signatureOf('another label', (batch) => {
      batch.label = 'sig1';
    }),
    signatureOf('components reordered', (batch) => {
      batch.components.reverse();
    }),
    signatureOf('a component missing', (batch) => {
      batch.components.pop();
    }),
    signatureOf('another stream signed', (batch) => {
      batch.signedPath = '/v1/streams/other/batches';
    }),
    signatureOf(
      '6 minutes old',
      (batch) => {
        batch.created -= 360;
      },
      'BATCH_SIGNATURE_STALE',
    ),
    signatureOf(
      '2 minutes ahead',
      (batch) => {
        batch.created += 120;
      },
      'BATCH_SIGNATURE_STALE',
    ),
    {
      name: 'signature garbage',
      after: setHeader('signature', 'edge=:AAAA:'),
      status: 401,
      code: 'BATCH_SIGNATURE_INVALID',
    },
    { name: 'no token', after: setHeader('authorization', undefined), status: 401, gateway: true },
    {
      name: 'not a bearer token',
      after: setHeader('authorization', 'Basic eA=='),
      status: 403,
      code: 'TOKEN_MALFORMED',
      gateway: true,
    },
    {
      name: 'token cut short',
      after: bearer((token) => token.slice(0, -10)),
      status: 403,
      code: 'SIGNATURE_INVALID',
      gateway: true,
    },
    {
      name: 'token of two parts',
      after: bearer((token) => token.split('.').slice(0, 2).join('.')),
      status: 403,
      code: 'TOKEN_MALFORMED',
      gateway: true,
    },
    ...claims.map(
      ([name, value, code]): Change => ({
        name: `claim ${name}`,
        after: bearer((token) => forgeClaim(token, name, value)),
        status: 403,
        code,
        gateway: true,
      }),
    ),
  ];
}
