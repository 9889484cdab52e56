import { type ConnectionOptions, connect, type SecureVersion } from 'node:tls';
import type { ClientTls } from './mutual-tls-fetch.ts';
import { type Check, type CheckResult, judge, judgeSilence, NO_ANSWER } from './smoke-check.ts';

const PATIENCE_MS = 10_000;
/** ACM renews a certificate 60 days before it ends: with less left the renewal has failed for weeks. */
const LEAST_DAYS = 30;
const DAY_MS = 86_400_000;

const CURRENT: Check = { check: 'TLS', expected: ['TLSv1.2', 'TLSv1.3'] };
const CERTIFICATE: Check = { check: 'server certificate', expected: [`trusted, ${LEAST_DAYS} days or more left`] };
const OLD: Check = { check: 'TLS 1.1', expected: [NO_ANSWER] };
const STRANGER: Check = { check: 'no client certificate', expected: [NO_ANSWER] };

/**
 * How the API is connected to: by a TLS of today alone, with a certificate that is trusted and lasts; and, where a client certificate is
 * given, not without one.
 *
 * @param client undefined where the API asks for no certificate
 * @param now milliseconds since the epoch
 */
export async function checkTls(
  url: string,
  client: ClientTls | undefined,
  now: number,
): Promise<readonly CheckResult[]> {
  const { hostname, port } = new URL(url);
  const place = { host: hostname, port: Number(port || 443) };
  const open = (options: Partial<ClientTls> & SecureVersions = {}) => speak({ ...place, ...options });
  const results: CheckResult[] = [];
  try {
    const { protocol, validTo } = await open(client);
    results.push(judge(CURRENT, protocol), judge(CERTIFICATE, describeLife(validTo, now)));
  } catch (error) {
    return [judgeSilence(CURRENT, error)];
  }
  // OpenSSL offers what is older than TLS 1.2 at this level only: without it nothing would be asked.
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
  results.push(await refusal(OLD, () => open({ ...client, ...old })));
  if (client !== undefined) {
    const { cert: _cert, key: _key, ...authorities } = client;
    results.push(await refusal(STRANGER, () => open(authorities)));
  }
  return results;
}

interface SecureVersions {
  readonly minVersion?: SecureVersion;
  readonly maxVersion?: SecureVersion;
  readonly ciphers?: string;
}

interface Spoken {
  readonly protocol: string;
  readonly validTo: string;
}

async function refusal(check: Check, open: () => Promise<Spoken>): Promise<CheckResult> {
  try {
    return judge(check, `accepted over ${(await open()).protocol}`);
  } catch (error) {
    return judgeSilence(check, error);
  }
}

/** Connects and asks something: with TLS 1.3 a server refuses a client after the client's part of the handshake has ended. */
function speak(options: ConnectionOptions & { readonly host: string }): Promise<Spoken> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...options, servername: nameOf(options.host) });
    const end = (run: () => void) => {
      run();
      socket.destroy();
    };
    socket.setTimeout(PATIENCE_MS, () => end(() => reject(new Error(`silent for ${PATIENCE_MS / 1000} s`))));
    socket.once('error', (error) => end(() => reject(error)));
    socket.once('close', () => reject(new Error('the connection was closed')));
    socket.once('secureConnect', () => {
      const spoken = { protocol: socket.getProtocol() ?? 'no TLS', validTo: socket.getPeerCertificate().valid_to };
      socket.once('data', () => end(() => resolve(spoken)));
      socket.write(`GET / HTTP/1.1\r\nHost: ${options.host}\r\nConnection: close\r\n\r\n`);
    });
  });
}

/** Addresses have no name to be indicated by (RFC 6066 §3). */
function nameOf(host: string): string {
  return /^[\d.]+$|^\[/.test(host) ? '' : host;
}

function describeLife(validTo: string, now: number): string {
  const days = Math.floor((Date.parse(validTo) - now) / DAY_MS);
  return days >= LEAST_DAYS ? `trusted, ${LEAST_DAYS} days or more left` : `trusted, ${days} days left`;
}
