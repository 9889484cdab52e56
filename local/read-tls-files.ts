import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OriginTls } from './edge/edge-options.ts';
import type { GatewayTls } from './gateway/client-certificate.ts';

/** The files of `--tls`, PEM each. */
const FILES = {
  server: 'server.pem',
  serverKey: 'server-key.pem',
  truststore: 'truststore.pem',
  property: 'property.pem',
  propertyKey: 'property-key.pem',
} as const;

/** What a local stack needs to be a domain with client certificates. */
export interface LocalTls {
  readonly gateway: GatewayTls;
  /** The Akamai property's side of it. */
  readonly property: OriginTls;
}

/** The config asks for client certificates, and the local stack was given none to work with. */
export class TlsFilesMissingError extends Error {
  override readonly name = 'TlsFilesMissingError';
  readonly code = 'TLS_FILES_MISSING';
  /** @param seen in a few words */
  constructor(seen: string, options?: ErrorOptions) {
    super(
      `domain.mtls is on, and ${seen}. Expected --tls FOLDER with ${Object.values(FILES).join(', ')}. ` +
        'Next: make them as docs/client-certificates.md says.',
      options,
    );
  }
}

/** `--tls` was given, and the config's domain asks nobody for a certificate. */
export class TlsFilesUnusedError extends Error {
  override readonly name = 'TlsFilesUnusedError';
  readonly code = 'TLS_FILES_UNUSED';
  constructor() {
    super('--tls was given, and domain.mtls is off. Expected it on. Next: leave --tls out, or set domain.mtls.');
  }
}

/**
 * Reads the folder of `--tls`: `server.pem` (for 127.0.0.1, self-signed or with its chain), `truststore.pem` (the CAs that may issue
 * client certificates) and `property.pem` (what the Akamai property shows), with their keys.
 *
 * @throws TlsFilesMissingError
 */
export async function readTlsFiles(folder: string): Promise<LocalTls> {
  const read = (file: string) =>
    readFile(join(folder, file), 'utf8').catch((cause: unknown) => {
      throw new TlsFilesMissingError(`${file} cannot be read in ${folder}`, { cause });
    });
  const certificate = await read(FILES.server);
  return {
    gateway: { certificate, privateKey: await read(FILES.serverKey), truststore: await read(FILES.truststore) },
    property: {
      certificate: await read(FILES.property),
      privateKey: await read(FILES.propertyKey),
      authorities: certificate,
    },
  };
}
