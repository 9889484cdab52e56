import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ISSUER_KEYS_SECRET } from '../../../config/secret-names.ts';
import { openFileSecretStore } from '../../../local/file-secret-store.ts';
import { openLocalIssuerKeys } from '../../../local/issuer-keys.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'edgehouse-issuer-keys-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function open() {
  const secrets = await openFileSecretStore(folder);
  const keys = await openLocalIssuerKeys(secrets);
  return {
    kids: async () => (await keys.keySet()).map(({ kid }) => kid),
    signs: async () => (await keys.signer()).kid,
    write: (text: string) => secrets.write(ISSUER_KEYS_SECRET, text),
  };
}

describe('the local issuer', () => {
  test('starts with one key, and makes the other when a roll publishes it', async () => {
    const issuer = await open();
    const [a] = await issuer.kids();

    expect(readdirSync(folder).map(decodeURIComponent).sort()).toEqual([
      'edgehouse/issuer-key-a',
      'edgehouse/issuer-keys',
    ]);
    expect(await issuer.signs()).toBe(a);
    await issuer.write('{"active":"a","roll":{"phase":"published","since":1}}');
    // Many who ask at once are shown the same new key.
    const [[first, b], ...others] = await Promise.all([issuer.kids(), issuer.kids(), issuer.kids()]);
    expect(first).toBe(a);
    expect(b).not.toBe(a);
    expect(others).toEqual([
      [a, b],
      [a, b],
    ]);
    expect(await issuer.signs()).toBe(a);
  });

  test('follows a roll at once, and is the same issuer when it starts again', async () => {
    const issuer = await open();
    await issuer.write('{"active":"b","roll":{"phase":"signing","since":1}}');
    const [b, a] = await issuer.kids();

    expect(await issuer.signs()).toBe(b);
    await issuer.write('{"active":"b"}');
    expect(await issuer.kids()).toEqual([b]);
    const again = await open();
    expect(await again.kids()).toEqual([b]);
    await again.write('{"active":"a"}');
    expect(await again.signs()).toBe(a);
  });

  test('shows nothing where its note cannot be read', async () => {
    const issuer = await open();
    await issuer.write('{}');

    await expect(issuer.kids()).rejects.toMatchObject({ code: 'ISSUER_KEYS_INVALID' });
    await expect(issuer.signs()).rejects.toMatchObject({ code: 'ISSUER_KEYS_INVALID' });
  });
});
