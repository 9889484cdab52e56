import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { edgercPlace, openEdgerc, parseEdgerc } from '../../../cli/edgerc.ts';

const MEMBERS = {
  host: 'akab-a1.luna.akamaiapis.net',
  client_token: 'akab-canary-1',
  client_secret: 'canary+a=b/=',
  access_token: 'akab-canary-2',
};
const CREDENTIAL = {
  origin: 'https://akab-a1.luna.akamaiapis.net',
  clientToken: 'akab-canary-1',
  clientSecret: 'canary+a=b/=',
  accessToken: 'akab-canary-2',
};

const none = new Map<string, string>();

function ini(members: Readonly<Record<string, string>>): string {
  return Object.entries(members)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join('');
}

describe('where the credential is looked for', () => {
  test.each([
    ['the home of the user', none, {}, { kind: 'file', path: undefined, section: 'default' }],
    [
      'the file that Akamai’s own tools are told',
      none,
      { AKAMAI_EDGERC: '/e', AKAMAI_EDGERC_SECTION: 'papi' },
      { kind: 'file', path: '/e', section: 'papi' },
    ],
    [
      'the options before everything else',
      new Map([
        ['edgerc', '/o'],
        ['section', 'ew'],
      ]),
      { AKAMAI_HOST: 'h', AKAMAI_EW_HOST: 'h', AKAMAI_EDGERC: '/e', AKAMAI_EDGERC_SECTION: 'papi' },
      { kind: 'file', path: '/o', section: 'ew' },
    ],
    [
      'the environment before the file',
      none,
      { AKAMAI_HOST: 'h', AKAMAI_EDGERC: '/e', OTHER: 'o' },
      {
        kind: 'environment',
        prefix: 'AKAMAI',
        members: new Map([
          ['AKAMAI_HOST', 'h'],
          ['AKAMAI_EDGERC', '/e'],
        ]),
      },
    ],
    [
      'the environment of a section',
      new Map([['section', 'ew']]),
      { AKAMAI_HOST: 'h', AKAMAI_EW_HOST: 'i' },
      { kind: 'environment', prefix: 'AKAMAI_EW', members: new Map([['AKAMAI_EW_HOST', 'i']]) },
    ],
  ])('is %s', (_what, values, env, place) => {
    expect(edgercPlace({ values }, env)).toEqual(place);
  });
});

describe('the credential of an .edgerc', () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'edgehouse-edgerc-'));
    path = join(folder, '.edgerc');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  function outcomeOf(text: string, section = 'default'): Promise<unknown> {
    writeFileSync(path, text);
    return openEdgerc({ kind: 'file', path, section }).catch((error: unknown) => error);
  }

  test('is that of its section, with whatever else stands in the file', async () => {
    const other = ini({ ...MEMBERS, client_token: 'other' });
    const text = `; a comment\r\n[other]\r\n${other}\n[default]\n# another\n${ini(MEMBERS)}max-body = 8192\n\n[third]\n${other}`;

    expect(await outcomeOf(text)).toEqual({ credential: CREDENTIAL, accountSwitchKey: undefined });
    expect(await outcomeOf(`${text}account_key = 1-ABC:1-2\n`, 'third')).toMatchObject({
      credential: { clientToken: 'other' },
      accountSwitchKey: '1-ABC:1-2',
    });
  });

  test.each(Object.keys(MEMBERS))('without a usable %s says which, and quotes nothing', async (name) => {
    for (const value of ['', 'canary canary', 'canary;nonce=1']) {
      const failure = await outcomeOf(`[default]\n${ini({ ...MEMBERS, [name]: value })}`);

      expect(failure).toMatchObject({
        code: 'EDGERC_INVALID',
        message: expect.stringContaining(`section [default] of ${path}, is unusable: \`${name}\` is not a`),
      });
      expect(String(failure)).not.toContain('canary');
    }
  });

  test('in another section, or in no file, says so', async () => {
    expect(await outcomeOf(ini(MEMBERS))).toMatchObject({ message: expect.stringContaining('no such section') });
    const missing = await openEdgerc({ kind: 'file', path: join(folder, 'none'), section: 'default' }).catch(String);
    expect(missing).toMatch(/the file cannot be read \(ENOENT/);
  });

  test('may come from the environment, by the names that Akamai’s tools read', async () => {
    const env = Object.fromEntries(
      Object.entries(MEMBERS).map(([name, value]) => [`AKAMAI_${name.toUpperCase()}`, value]),
    );
    const place = edgercPlace({ values: none }, { ...env, AKAMAI_ACCOUNT_KEY: 'k' });

    expect(await openEdgerc(place)).toEqual({ credential: CREDENTIAL, accountSwitchKey: 'k' });
    await expect(openEdgerc(edgercPlace({ values: none }, { AKAMAI_HOST: MEMBERS.host }))).rejects.toThrow(
      'AKAMAI_HOST and its like in the environment, is unusable: `AKAMAI_CLIENT_TOKEN` is not a text',
    );
  });

  test('is read from the home of the user by default', async () => {
    const failure = await openEdgerc({ kind: 'file', path: undefined, section: 'no such section' }).catch(String);

    expect(failure).toContain(join(homedir(), '.edgerc'));
  });

  test('of any content is read line by line, and a written one comes back', () => {
    const name = fc.stringMatching(/^[a-z][a-z_-]{0,12}$/);
    const value = fc.stringMatching(/^[!-~]{1,40}$/).filter((text) => !text.startsWith('='));
    const section = fc.stringMatching(/^[\w.-]{1,12}$/);
    const file = fc.dictionary(section, fc.dictionary(name, value), { noNullPrototype: true });
    fc.assert(
      fc.property(file, fc.constantFrom('=', ' = ', '\t=  '), fc.constantFrom('\n', '\r\n'), (sections, is, end) => {
        const text = Object.entries(sections)
          .map(([title, members]) =>
            [`[${title}]`, ...Object.entries(members).map(([key, of]) => `${key}${is}${of}`), ''].join(end),
          )
          .join(end);

        const read = Object.fromEntries([...parseEdgerc(text)].map(([title, of]) => [title, Object.fromEntries(of)]));

        expect(read).toEqual(sections);
      }),
    );
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseEdgerc(text)));
  });
});
