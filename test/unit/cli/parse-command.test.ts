import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseCommand } from '../../../cli/parse-command.ts';
import { UsageError } from '../../../cli/usage.ts';

const SEND = 'send log --api https://api.example/ --stream web_events --credentials item.json --source ew/1/2'.split(
  ' ',
);

describe('a command line', () => {
  test('of send has its defaults', () => {
    expect(parseCommand(SEND, {})).toEqual({
      kind: 'send',
      file: 'log',
      api: 'https://api.example',
      stream: 'web_events',
      credentials: { kind: 'file', path: 'item.json' },
      source: 'ew/1/2',
      format: 'ndjson',
      batch: 500,
      concurrency: 4,
      gzip: false,
    });
  });

  test('of send without a file, or with -, reads standard input', () => {
    expect(parseCommand(['send', ...SEND.slice(2)], {})).toMatchObject({ file: '-' });
    expect(parseCommand(['send', '-', ...SEND.slice(2)], {})).toMatchObject({ file: '-' });
  });

  test('of send may name a client certificate, and a principal that has nothing else', () => {
    const certificate = ['--certificate', 'c.pem', '--key', 'k.pem'];

    expect(parseCommand([...SEND, ...certificate], {})).toMatchObject({
      tls: { certificate: 'c.pem', key: 'k.pem', authorities: undefined },
      principal: undefined,
    });
    expect(
      parseCommand([...SEND, ...certificate, '--authorities', 'a.pem', '--principal', 'partner'], {}),
    ).toMatchObject({
      tls: { authorities: 'a.pem' },
      principal: 'partner',
    });
  });

  test('of send may name the item by URL', () => {
    const line = [...SEND, '--gzip', '--format=combined', '--batch', '7'].map((word) =>
      word.replace('item.json', 'http://127.0.0.1:9/i'),
    );

    expect(parseCommand(line, {})).toMatchObject({
      credentials: { kind: 'url', url: 'http://127.0.0.1:9/i' },
      format: 'combined',
      batch: 7,
      gzip: true,
    });
  });

  test('of migrate takes the account from the URL, else from the environment', () => {
    const env = { EDGEHOUSE_CLICKHOUSE_USER: 'env', EDGEHOUSE_CLICKHOUSE_PASSWORD: 'secret' };

    expect(parseCommand(['migrate', '--clickhouse', 'https://me:p%40ss@ch:8443/'], env)).toEqual({
      kind: 'migrate',
      url: 'https://ch:8443',
      user: 'me',
      password: 'p@ss',
      database: undefined,
    });
    expect(parseCommand(['migrate', '--clickhouse', 'https://ch:8443', '--database', 'd'], env)).toMatchObject({
      user: 'env',
      password: 'secret',
      database: 'd',
    });
  });

  test('asks for help, or for the grants', () => {
    expect(parseCommand(['help'], {})).toEqual({ kind: 'help' });
    expect(parseCommand(['send', '--help'], {})).toEqual({ kind: 'help' });
    expect(parseCommand(['grants', 'print'], {})).toEqual({ kind: 'grants print' });
  });

  test.each(['apply', 'diff'])('of grants %s takes the account as migrate does', (action) => {
    const env = { EDGEHOUSE_CLICKHOUSE_USER: 'env', EDGEHOUSE_CLICKHOUSE_PASSWORD: 'secret' };

    expect(parseCommand(['grants', action, '--clickhouse', 'https://me:p%40ss@ch:8443/'], env)).toEqual({
      kind: `grants ${action}`,
      admin: { url: 'https://ch:8443', user: 'me', password: 'p@ss' },
    });
    expect(parseCommand(['grants', action, '--clickhouse', 'https://ch:8443'], env)).toMatchObject({
      admin: { user: 'env', password: 'secret' },
    });
  });

  test.each([
    [[], 'no command is given'],
    [['sned'], 'unknown command sned; did you mean send?'],
    [['migrat'], 'unknown command migrat; did you mean migrate?'],
    [['send', '--strem', 'x'], 'unknown option --strem; did you mean --stream?'],
    [['send', '-x'], 'unknown option -x; did you mean --api?'],
    [['send', '--constructor', 'x'], 'unknown option --constructor'],
    [SEND.slice(0, -2), '--source is missing'],
    [[...SEND, '--stream', 'x'], '--stream is given twice'],
    [[...SEND, '--batch'], '--batch needs a value'],
    [[...SEND, '--batch', '--gzip'], '--batch needs a value'],
    [[...SEND, '--gzip=yes'], '--gzip takes no value'],
    [[...SEND, '--batch', '10001'], '--batch: expected a whole number from 1 to 10000'],
    [[...SEND, '--batch', '1e3'], '--batch: expected a whole number'],
    [[...SEND, '--concurrency', '0'], '--concurrency: expected a whole number from 1 to 64'],
    [[...SEND, '--format', 'xml'], '--format: expected one of ndjson, json, csv, combined'],
    [[...SEND, '--format', 'csv', '--gzip'], '--gzip: not with --format csv'],
    [[...SEND, '--certificate', 'c.pem'], '--certificate, --key: expected both'],
    [[...SEND, '--authorities', 'a.pem'], '--certificate, --key: expected both'],
    [[...SEND, '--principal', 'partner'], '--principal: expected --certificate with it'],
    [[...SEND, 'second'], 'send takes one file, seen a second: second'],
    [replace('ew/1/2', 'a,b'), '--source: expected ASCII without space or comma'],
    [replace('web_events', '../x'), '--stream: expected lower-case letters'],
    [replace('https://api.example/', 'http://api.example'), '--api: expected https:// to another machine'],
    [replace('https://api.example/', 'api.example'), '--api: expected a URL'],
    [replace('item.json', 'http://evil.example/i'), '--credentials: expected https:// to another machine'],
    [['migrate'], '--clickhouse is missing'],
    [['grants'], 'grants: expected grants print, grants diff or grants apply'],
    [['grants', 'aply'], 'grants: expected grants print, grants diff or grants apply'],
    [['grants', 'apply'], '--clickhouse is missing'],
    [['grants', 'diff', 'all', '--clickhouse', 'https://ch:8443'], 'grants: expected one word'],
    [['grants', 'print', '--all'], 'unknown option --all; there is none here'],
  ])('%j is refused', (args, message) => {
    expect(() => parseCommand(args, {})).toThrow(UsageError);
    expect(() => parseCommand(args, {})).toThrow(message);
  });

  test('never has its password repeated in a message', () => {
    for (const line of [
      replace('https://api.example/', 'https://u:hunter2@api.example'),
      ['migrate', '--clickhouse', 'ftp://u:hunter2@x'],
    ]) {
      expect(() => parseCommand(line, {})).toThrow(
        expect.not.objectContaining({ message: expect.stringContaining('hunter2') }),
      );
    }
  });

  test('is understood or refused as such, whatever its words', () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom(...SEND, 'migrate', '--clickhouse', '--', '-', '--x=y', '__proto__'),
    );
    fc.assert(
      fc.property(fc.array(word), (args) => {
        try {
          expect(parseCommand(args, {}).kind).toMatch(/^(send|migrate|grants (print|diff|apply)|revoke|help)$/);
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

function replace(word: string, by: string): string[] {
  return SEND.map((one) => (one === word ? by : one));
}
