import { describe, expect, test } from '@jest/globals';
import { parseCommand } from '../../../cli/parse-command.ts';
import { UsageError } from '../../../cli/usage.ts';

const PLACE = { kind: 'file', path: undefined, section: 'default' };

const parse = (line: string) => parseCommand(line.split(' '), {});

describe('the command line of edge', () => {
  test('has its defaults', () => {
    expect(parse('edge validate')).toEqual({
      kind: 'edge validate',
      place: PLACE,
      folder: 'dist/edgeworker',
      only: undefined,
    });
    expect(parse('edge deploy')).toEqual({
      kind: 'edge deploy',
      place: PLACE,
      folder: 'dist/edgeworker',
      only: undefined,
      network: undefined,
      waitMinutes: 30,
      rollback: false,
    });
  });

  test('names what to ship, where to and as whom', () => {
    const line =
      'edge deploy --only request-event --network staging --wait 5 --rollback --bundles b --edgerc e --section s';

    expect(parse(line)).toEqual({
      kind: 'edge deploy',
      place: { kind: 'file', path: 'e', section: 's' },
      folder: 'b',
      only: 'request-event',
      network: 'staging',
      waitMinutes: 5,
      rollback: true,
    });
  });

  test('of init-kv says who owns the namespaces', () => {
    expect(parse('edge init-kv --group 4284')).toEqual({
      kind: 'edge init-kv',
      place: PLACE,
      groupId: 4284,
      tokenName: 'edgehouse',
    });
    expect(parse('edge init-kv --group 0 --token reads-2')).toMatchObject({ groupId: 0, tokenName: 'reads-2' });
  });

  test.each([
    ['edge', 'edge: expected edge'],
    ['edge ship', 'edge: expected edge'],
    ['edge deploy collector', 'seen an argument: collector'],
    ['edge deploy --network Staging', '--network: expected staging or production'],
    ['edge deploy --only collect', '--only: expected collector or request-event'],
    ['edge deploy --wait 0', '--wait: expected whole minutes from 1 to 240'],
    ['edge deploy --wait 241', '--wait: expected whole minutes from 1 to 240'],
    ['edge validate --network staging', 'unknown option --network'],
    ['edge init-kv', '--group is missing'],
    ['edge init-kv --group grp_1', '--group: expected the number of an access group'],
    ['edge init-kv --group 1 --token a/b', '--token: expected'],
    ['edge init-kv now --group 1', 'seen an argument: now'],
    ['edge deploy --client-secret s', 'unknown option --client-secret'],
  ])('is refused: %s', (line, said) => {
    expect(() => parse(line)).toThrow(UsageError);
    expect(() => parse(line)).toThrow(said);
  });
});
