import { createHash, X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CertificateRefusedError } from '../../../../functions/authorizer/certificate-refused-error.ts';
import { type ClientCertificate, readCertificate } from '../../../../functions/authorizer/read-certificate.ts';
import {
  type Authority,
  CLIENT_AUTH,
  createAuthority,
  Extension,
  KeyUsageFlags,
  pem,
  SERVER_AUTH,
} from './issue-certificate.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z') / 1000;
const SPIFFE_ID = 'spiffe://example.com/edge/web';

let authority: Authority;
beforeAll(async () => {
  authority = await createAuthority('C=FR, O=Example, CN=Example CA');
});

function refusal(text: string, now = NOW): string {
  try {
    readCertificate(text, now);
  } catch (error) {
    if (error instanceof CertificateRefusedError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'taken';
}

describe('a client certificate that is taken', () => {
  test('says its SPIFFE ID, key, names, serial number, thumbprint and end', async () => {
    const { pem: text, x509 } = await authority.issue({
      uris: [SPIFFE_ID],
      dns: ['edge.example.com'],
      serial: '000a1b',
    });

    const certificate = readCertificate(text, NOW);

    const spki = createHash('sha256')
      .update(x509.publicKey.export({ type: 'spki', format: 'der' }))
      .digest('hex');
    expect(certificate).toEqual({
      spiffeId: SPIFFE_ID,
      spki,
      issuer: 'C=FR, O=Example, CN=Example CA',
      subject: 'C=FR, O=Example, CN=edge',
      serial: 'A1B',
      thumbprint: Buffer.from(x509.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url'),
      notBefore: Date.parse('2026-01-01') / 1000,
      notAfter: Date.parse('2036-01-01') / 1000,
    });
  });

  test('has no SPIFFE ID where it names none, or a web address', async () => {
    const without = await authority.issue();
    const web = await authority.issue({ uris: ['https://example.com/edge'] });

    const read = [without, web].map(({ pem: text }) => readCertificate(text, NOW));

    expect(read.map((certificate) => 'spiffeId' in certificate)).toEqual([false, false]);
  });

  test('has a name on one line in which no value can look like two, and may have an empty one', async () => {
    const tricky = await authority.issue({ subject: 'C=FR, O="Example, CN=admin", CN=edge' });
    const empty = await authority.issue({ subject: '', uris: [SPIFFE_ID] });

    const subjects = [tricky, empty].map(({ pem: text }) => readCertificate(text, NOW).subject);

    expect(subjects).toEqual(['C=FR, O=Example\\, CN=admin, CN=edge', '']);
  });

  test('may come in lines of any length, and at the first and the last second of its life', async () => {
    const { pem: text } = await authority.issue({
      notBefore: new Date(NOW * 1000),
      notAfter: new Date((NOW + 60) * 1000),
    });

    const lines = [text.replaceAll('\n', '\r\n'), text.replaceAll(/(?<=[^-])\n(?=[^-])/g, ''), text.trim()];
    expect(lines.map((one) => refusal(one))).toEqual(['taken', 'taken', 'taken']);
    expect([NOW - 1, NOW, NOW + 60, NOW + 61].map((now) => refusal(text, now) === 'taken')).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  test('needs no key usage, and may serve for servers too', async () => {
    const { pem: text } = await authority.issue({
      keyUsages: undefined,
      extendedKeyUsages: [SERVER_AUTH, CLIENT_AUTH],
    });

    expect(refusal(text)).toBe('taken');
  });
});

describe('a client certificate is refused', () => {
  const twoOf = (oid: string) => [
    new Extension(oid, false, Buffer.from('3000', 'hex')),
    new Extension(oid, false, Buffer.from('3000', 'hex')),
  ];

  const element = (tag: number, content: string | Buffer) =>
    Buffer.concat([Buffer.from([tag, content.length]), Buffer.from(content)]);
  const namesWith = (name: Buffer) =>
    new Extension('2.5.29.17', false, element(0x30, Buffer.concat([element(0x86, SPIFFE_ID), name])));
  const inPieces = element(0xa6, element(0x16, `${SPIFFE_ID}2`));
  const brokenUse = new Extension('2.5.29.37', false, Buffer.from('300c06082b060105050703020500', 'hex'));

  test.each([
    ['expired', { notAfter: new Date('2026-11-01') }, 'not valid at this time'],
    ['not valid yet', { notBefore: new Date('2027-01-01') }, 'not valid at this time'],
    ['of a CA', { ca: true, keyUsages: KeyUsageFlags.keyCertSign }, 'It is a CA'],
    // OpenSSL, and with it Node's `ca`, calls this one no CA.
    ['of a CA whose key usage says nothing of it', { ca: true }, 'It is a CA'],
    ['that may sign certificates', { keyUsages: KeyUsageFlags.keyCertSign }, 'lets it sign'],
    [
      'that may sign revocation lists',
      { keyUsages: KeyUsageFlags.digitalSignature | KeyUsageFlags.cRLSign },
      'lets it sign',
    ],
    ['without extended key usage', { extendedKeyUsages: [] }, 'no clientAuth'],
    ['for servers', { extendedKeyUsages: [SERVER_AUTH] }, 'no clientAuth'],
    ['for any use', { extendedKeyUsages: ['2.5.29.37.0'] }, 'no clientAuth'],
    ['with two SPIFFE IDs', { uris: [SPIFFE_ID, `${SPIFFE_ID}2`] }, '2 URIs'],
    ['with a SPIFFE ID and a web address', { uris: ['https://example.com', SPIFFE_ID] }, '2 URIs'],
    ['with the same SPIFFE ID twice', { uris: [SPIFFE_ID, SPIFFE_ID] }, '2 URIs'],
    ['for the root of a trust domain', { uris: ['spiffe://example.com'] }, 'not of the standard’s form'],
    ['for a SPIFFE ID in capitals', { uris: ['SPIFFE://example.com/edge'] }, 'not of the standard’s form'],
    ['with a second SPIFFE ID in pieces, as BER has it', { extensions: [namesWith(inPieces)] }, 'cannot be parsed'],
    ['with a name of no known kind', { extensions: [namesWith(element(0x00, 'a'))] }, 'cannot be parsed'],
    ['with a name that is broken within', { extensions: [namesWith(element(0xa4, '\x05\x00'))] }, 'cannot be parsed'],
    ['with a use that is none', { extendedKeyUsages: [], extensions: [brokenUse] }, 'cannot be parsed'],
    ['with an extension twice', { extensions: twoOf('1.3.6.1.4.1.99999.1') }, 'cannot be parsed'],
  ])('%s', async (_what, options, detail) => {
    const { pem: text } = await authority.issue(options);

    const answer = refusal(text);

    expect(answer).toContain('CERTIFICATE_DENIED');
    expect(answer).toContain(detail);
  });

  test('where there is more than one, or something else around it', async () => {
    const { pem: text } = await authority.issue();
    const der = Buffer.from(text.split('\n').slice(1, -2).join(''), 'base64');

    const texts = [
      '',
      text + text,
      text + authority.pem,
      `subject=edge\n${text}`,
      `${text}# edge`,
      text.replaceAll('CERTIFICATE', 'TRUSTED CERTIFICATE'),
      text.slice(0, 200),
      pem(Buffer.concat([der, Buffer.from('0500', 'hex')])),
      pem(der.subarray(0, -1)),
      'A'.repeat(40_000),
    ];

    expect(texts.map((one) => refusal(one))).toEqual(texts.map(() => expect.stringContaining('CERTIFICATE_DENIED')));
  });
});

describe('what a changed certificate becomes', () => {
  // The gateway has verified the signature, so a changed certificate never gets here; whatever does get here must be read or
  // refused, and what is read must be what OpenSSL reads, or two readers would see two callers.
  test('is a refusal, or a certificate that says what OpenSSL says', async () => {
    const { pem: text } = await authority.issue({ uris: [SPIFFE_ID], dns: ['edge.example.com'] });
    const der = Buffer.from(text.split('\n').slice(1, -2).join(''), 'base64');
    const change = fc.record({
      at: fc.nat(der.length - 1),
      drop: fc.nat(3),
      put: fc.uint8Array({ maxLength: 4 }),
    });
    let taken = 0;

    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const changed = changes.reduce(
          (bytes, { at, drop, put }) => Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + drop)]),
          der,
        );
        const outcome = readOrRefuse(pem(changed));
        if (outcome === undefined) return;
        taken += 1;
        const openssl = new X509Certificate(changed);
        expect(outcome.thumbprint).toBe(createHash('sha256').update(changed).digest('base64url'));
        expect(openssl.ca).toBe(false);
        expect(openssl.keyUsage).toContain(CLIENT_AUTH);
        const uris = (openssl.subjectAltName ?? '').split(', ').filter((name) => name.startsWith('URI:'));
        if (outcome.spiffeId !== undefined) expect(uris).toEqual([`URI:${outcome.spiffeId}`]);
      }),
      { numRuns: 3000 },
    );

    expect(taken).toBeGreaterThan(10);
  });

  test('is nothing but a refusal for any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.uint8Array({ maxLength: 300 }).map(pem)), (text) => {
        expect(readOrRefuse(text)).toBeUndefined();
      }),
    );
  });
});

/** Whatever else is thrown fails the test. */
function readOrRefuse(text: string): ClientCertificate | undefined {
  try {
    return readCertificate(text, NOW);
  } catch (error) {
    if (error instanceof CertificateRefusedError) return undefined;
    throw error;
  }
}
