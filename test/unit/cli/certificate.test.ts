import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { describeCertificate } from '../../../cli/certificate.ts';
import { runCli } from '../../../cli/run-cli.ts';
import { deniedCertificatesSchema } from '../../../config/certificate-schema.ts';
import { parseConfig } from '../../../config/parse-config.ts';
import { readCertificate } from '../../../functions/authorizer/read-certificate.ts';
import { type Authority, createAuthority, pem } from '../functions/authorizer/issue-certificate.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');

let folder: string;
let authority: Authority;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'edgehouse-certificate-'));
  authority = await createAuthority("C=FR, O=Example, CN=Example's CA");
});
afterAll(() => rmSync(folder, { recursive: true }));

async function run(...args: readonly string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const status = await runCli(
    args,
    {},
    {
      stdin: (async function* () {})(),
      out: (line) => out.push(line),
      err: (line) => err.push(line),
      fetch,
      now: () => NOW,
      random: () => 0,
      randomBytes: () => new Uint8Array(),
      wait: async () => undefined,
      interrupted: () => new AbortController().signal,
    },
  );
  return { status, out, err };
}

describe('edgehouse certificate', () => {
  test('prints lines that the configuration takes, and that mean this certificate', async () => {
    const { pem } = await authority.issue({
      uris: ['spiffe://example.com/edge'],
      subject: 'O="Ex\\\\a, mple\u202e", CN=edge',
    });
    const read = readCertificate(pem, NOW / 1000);

    const lines = describeCertificate(read);

    expect(lines.join('')).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
    const printed = lines.flatMap((line) => {
      const [, key, value] = /^ {2}(certificate|deniedCertificates): (.*),$/.exec(line) ?? [];
      return key === undefined ? [] : [{ key, value: new Function(`return ${value}`)() }];
    });

    const matchers = printed.filter(({ key }) => key === 'certificate').map(({ value }) => value);
    expect(matchers).toEqual([
      { spiffeId: read.spiffeId },
      { spkiSha256: read.spki },
      { issuer: read.issuer, subject: read.subject },
    ]);
    const denied = printed.filter(({ key }) => key === 'deniedCertificates').flatMap(({ value }) => value);
    expect(denied).toEqual([{ issuer: read.issuer, serial: read.serial }, { spkiSha256: read.spki }]);
    const principals = matchers.map((certificate, index) => [
      `p${index}`,
      { require: 'certificate', certificate, deniedCertificates: denied, allow: [{ write: ['hits'], sources: ['a'] }] },
    ]);
    const arn = 'arn:aws:acm:us-east-1:123456789012:certificate/1';
    const truststore = { bucket: 'truststore', key: 'ca.pem', version: '1' };
    const domain = { name: 'events.example.com', mtls: true, certificateArn: arn, truststore };
    expect(parseConfig({ streams: { hits: {} }, principals: Object.fromEntries(principals), domain })).toBeDefined();
  });

  test('prints a line that denies a certificate of a negative serial number, too', async () => {
    const { pem: text } = await authority.issue({ serial: '0a1b' });
    const der = Buffer.from(text.split('\n').slice(1, -2).join(''), 'base64').toString('hex');
    // RFC 5280 §4.1.2.2: no CA should give one, and some did.
    const negative = readCertificate(pem(Buffer.from(der.replace('02020a1b', '0202f5e5'), 'hex')), NOW / 1000);

    const printed = describeCertificate(negative).join('\n');

    const { deniedCertificates } = new Function(`return { ${/deniedCertificates: .*serial.*/.exec(printed)?.[0]} }`)();
    const [denied] = deniedCertificatesSchema.parse(deniedCertificates);
    expect(denied).toEqual({ issuer: negative.issuer, serial: negative.serial });
    expect(negative.serial).toBe('-A1B');
  });

  test('reads the file that it is given', async () => {
    const file = join(folder, 'client.pem');
    writeFileSync(file, (await authority.issue()).pem);

    const { status, out } = await run('certificate', file);

    expect([status, out[0]]).toEqual([
      0,
      'Good from 2026-01-01T00:00:00.000Z to 2036-01-01T00:00:00.000Z. To know it, one of these:',
    ]);
  });

  test('says why the authorizer would refuse it', async () => {
    const file = join(folder, 'ca.pem');
    writeFileSync(file, authority.pem);

    const { status, err } = await run('certificate', file);

    expect([status, err]).toEqual([1, [expect.stringContaining('It is a CA’s; expected that of a client.')]]);
  });

  test('takes one file', async () => {
    expect([(await run('certificate')).status, (await run('certificate', 'a', 'b')).status]).toEqual([2, 2]);
  });
});
