import 'reflect-metadata';
import { KeyObject, webcrypto, X509Certificate } from 'node:crypto';
import {
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

// From here, because the library needs `reflect-metadata` to be there before it.
export { Extension, KeyUsageFlags };

cryptoProvider.set(webcrypto);

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** As RFC 5280 §4.2.1.12 numbers them. */
export const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
export const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';

export interface CertificateOptions {
  /** @default 'C=FR, O=Example, CN=edge' */
  readonly subject?: string;
  /** Hex. @default '0a1b' */
  readonly serial?: string;
  /** @default that of the authority */
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** URIs among the alternative names. @default [] */
  readonly uris?: readonly string[];
  /** Further alternative names. */
  readonly dns?: readonly string[];
  readonly ip?: readonly string[];
  /** @default false */
  readonly ca?: boolean;
  /** undefined leaves the extension out. @default digitalSignature */
  readonly keyUsages?: KeyUsageFlags | undefined;
  /** An empty list leaves the extension out. @default clientAuth */
  readonly extendedKeyUsages?: readonly string[];
  /** As they are, after the others. */
  readonly extensions?: readonly Extension[];
  /** The issued certificate's own key pair. @default a new one */
  readonly keys?: webcrypto.CryptoKeyPair;
}

export interface IssuedCertificate {
  readonly pem: string;
  /** PKCS #8, PEM. */
  readonly privateKey: string;
  readonly x509: X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
}

export interface Authority {
  readonly pem: string;
  issue(options?: CertificateOptions): Promise<IssuedCertificate>;
}

export function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

/** A CA of its own, for this test only. */
export async function createAuthority(name = 'CN=Example CA', from = new Date('2026-01-01')): Promise<Authority> {
  const keys = await generateKeys();
  const root = await X509CertificateGenerator.createSelfSigned({
    name,
    serialNumber: '01',
    notBefore: from,
    notAfter: new Date('2036-01-01'),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  return {
    pem: pem(root.rawData),
    async issue(options = {}) {
      const own = options.keys ?? (await generateKeys());
      const issued = await X509CertificateGenerator.create({
        issuer: name,
        subject: options.subject ?? 'C=FR, O=Example, CN=edge',
        serialNumber: options.serial ?? '0a1b',
        notBefore: options.notBefore ?? from,
        notAfter: options.notAfter ?? new Date('2036-01-01'),
        signingAlgorithm: ALGORITHM,
        signingKey: keys.privateKey,
        publicKey: own.publicKey,
        extensions: extensionsOf(options),
      });
      return {
        pem: pem(issued.rawData),
        privateKey: KeyObject.from(own.privateKey).export({ type: 'pkcs8', format: 'pem' }).toString(),
        x509: new X509Certificate(Buffer.from(issued.rawData)),
        keys: own,
      };
    },
  };
}

/** In the form in which API Gateway hands certificates over: 64 characters a line. */
export function pem(der: ArrayBuffer | Uint8Array): string {
  const lines =
    Buffer.from(new Uint8Array(der))
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

function extensionsOf(options: CertificateOptions): Extension[] {
  const { ca = false, uris = [], dns = [], ip = [], extendedKeyUsages = [CLIENT_AUTH], extensions = [] } = options;
  const keyUsages = 'keyUsages' in options ? options.keyUsages : KeyUsageFlags.digitalSignature;
  const names = [
    ...dns.map((value) => ({ type: 'dns' as const, value })),
    ...ip.map((value) => ({ type: 'ip' as const, value })),
    ...uris.map((value) => ({ type: 'url' as const, value })),
  ];
  return [
    new BasicConstraintsExtension(ca, undefined, true),
    ...(keyUsages === undefined ? [] : [new KeyUsagesExtension(keyUsages, true)]),
    ...(extendedKeyUsages.length === 0 ? [] : [new ExtendedKeyUsageExtension([...extendedKeyUsages])]),
    ...(names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names)]),
    ...extensions,
  ];
}
