import { describe, expect, test } from '@jest/globals';
import { parseCommand } from '../../../cli/parse-command.ts';
import { describeRevocation, revoke } from '../../../cli/revoke.ts';
import { config } from '../../../config/loaded.ts';
import { parseConfig } from '../../../config/parse-config.ts';

const NOW = Date.parse('2026-01-01T12:00:00Z');
const revoked = parseConfig({
  streams: { web: {} },
  principals: { web: { claims: { sub: 'ew:1' }, revokedBefore: '2026-01-01T10:00:00Z' } },
});

describe('revoking the tokens of a principal', () => {
  test('is told with the line, its place, and what to do before and after it', async () => {
    const out: string[] = [];

    await revoke(
      { kind: 'revoke', principal: 'web-edge', at: undefined },
      { out: (line) => out.push(line), now: () => NOW },
    );

    const text = out.join('\n');
    expect(text).toContain("add this line to principals['web-edge']:");
    expect(text).toContain("   revokedBefore: '2026-01-01T12:00:00.000Z',");
    // New tokens first: then nobody is without a good one when the line takes effect.
    expect(text.indexOf('aws lambda invoke')).toBeGreaterThan(0);
    expect(text.indexOf('aws lambda invoke')).toBeLessThan(text.indexOf('npm run deploy'));
    expect(text).toContain('RefreshFunctionName');
    expect(text).toContain('web-edge.revokedBefore');
  });

  test('writes a line that the configuration takes', () => {
    const [line = ''] = describeRevocation(config, 'web-edge', NOW, NOW).filter((text) =>
      text.includes('revokedBefore:'),
    );
    const [, value] = /^ {3}revokedBefore: '(.*)',$/.exec(line) ?? [];

    const { web } = parseConfig({ streams: { web: {} }, principals: { web: { revokedBefore: value } } }).principals;

    expect(web?.revokedBefore).toBe(new Date(NOW).toISOString());
  });

  test('takes the time from the command line, as a time or as so long ago', async () => {
    const out: string[] = [];
    for (const at of ['2026-01-01T11:00:00+01:00', '2h']) {
      await revoke({ kind: 'revoke', principal: 'web-edge', at }, { out: (line) => out.push(line), now: () => NOW });
    }

    expect(out.filter((line) => line.includes('revokedBefore:'))).toEqual(
      Array(2).fill("   revokedBefore: '2026-01-01T10:00:00.000Z',"),
    );
  });

  test('of a time to come says what it does: nobody gets in, and new tokens do not help', () => {
    const text = describeRevocation(config, 'web-edge', NOW + 1, NOW).join('\n');

    expect(text).toContain('until then every token of web-edge is refused');
    expect(text).not.toContain('aws lambda');
  });

  test('replaces an older line, and never lets older tokens in again', () => {
    expect(describeRevocation(revoked, 'web', NOW, NOW).join('\n')).toContain('in place of the one of principals.web:');
    expect(() => describeRevocation(revoked, 'web', Date.parse('2026-01-01T10:00:00Z'), NOW)).toThrow(
      expect.objectContaining({
        code: 'REVOCATION_REFUSED',
        message: expect.stringContaining('expected a later time'),
      }),
    );
  });

  test.each([
    ['web-egde', 'one of web-edge, web-collector, analyst; rename it to web-edge'],
    ['constructor', 'one of web-edge, web-collector, analyst'],
    ['analyst', 'has neither claims nor a certificate'],
  ])('of %s is refused', (name, message) => {
    expect(() => describeRevocation(config, name, NOW, NOW)).toThrow(message);
  });
});

describe('the command line of revoke', () => {
  test('names a principal, and a time or none', () => {
    expect(parseCommand(['revoke', 'web-edge'], {})).toEqual({ kind: 'revoke', principal: 'web-edge', at: undefined });
    expect(parseCommand(['revoke', 'web-edge', '--at', '2h'], {})).toMatchObject({ at: '2h' });
  });

  test.each([[['revoke']], [['revoke', 'a', 'b']]])('%j is refused', (args) => {
    expect(() => parseCommand(args, {})).toThrow('revoke: expected the name of one principal');
  });
});
