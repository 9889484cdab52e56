import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readTlsFiles, TlsFilesMissingError } from '../../../local/read-tls-files.ts';

const FILES = ['server.pem', 'server-key.pem', 'truststore.pem', 'property.pem', 'property-key.pem'];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'edgehouse-tls-'));
  for (const file of FILES) writeFileSync(join(folder, file), `text of ${file}`);
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the folder of --tls', () => {
  test('has the server’s side and the property’s, which believes the server’s own certificate', async () => {
    expect(await readTlsFiles(folder)).toEqual({
      gateway: {
        certificate: 'text of server.pem',
        privateKey: 'text of server-key.pem',
        truststore: 'text of truststore.pem',
      },
      property: {
        certificate: 'text of property.pem',
        privateKey: 'text of property-key.pem',
        authorities: 'text of server.pem',
      },
    });
  });

  test.each(FILES)('without %s is refused, by the name of the file', async (file) => {
    rmSync(join(folder, file));

    const reading = readTlsFiles(folder);

    await expect(reading).rejects.toBeInstanceOf(TlsFilesMissingError);
    await expect(reading).rejects.toThrow(`${file} cannot be read`);
  });
});
