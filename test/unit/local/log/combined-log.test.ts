import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ParsedLine, parseCombinedLine, type WebEvent } from '../../../../local/log/combined-log.ts';
import { hasRealLog, REAL_LOG } from '../../../integration/support/find-log.ts';

const LINE =
  '83.149.9.216 - - [17/May/2015:10:05:03 +0000] "GET /a/b.png?x=1&y=2 HTTP/1.1" 200 203023 "http://a.example/" "Mozilla/5.0 (X11)"';

describe('a line of an access log', () => {
  test('becomes an event with every column it can fill, and no address', () => {
    const event = eventOf(parseCombinedLine(LINE));

    expect(event).toEqual({
      event_time: '2015-05-17T10:05:03+00:00',
      path: '/a/b.png',
      query: 'x=1&y=2',
      method: 'GET',
      status: 200,
      bytes: 203023,
      protocol: 'HTTP/1.1',
      referrer: 'http://a.example/',
      user_agent: 'Mozilla/5.0 (X11)',
      visitor: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(JSON.stringify(event)).not.toContain('83.149.9.216');
  });

  test('keeps the offset of its time', () => {
    expect(eventOf(parseCombinedLine(LINE.replace('+0000', '-0430'))).event_time).toBe('2015-05-17T10:05:03-04:30');
  });

  test('has null, not a dash, where bytes, referrer or user agent are not known', () => {
    const event = eventOf(parseCombinedLine('::1 - - [01/Jan/2026:00:00:00 +0100] "OPTIONS * HTTP/1.0" 304 - "-" "-"'));

    expect(event).toMatchObject({ path: '*', query: null, bytes: null, referrer: null, user_agent: null });
  });

  test('undoes \\" and \\\\ and leaves other escapes as they are written', () => {
    const line = LINE.replace('Mozilla/5.0 (X11)', 'a\\"b\\\\c\\xe4\\\\');

    expect(eventOf(parseCombinedLine(line)).user_agent).toBe('a"b\\c\\xe4\\');
  });

  test('gives one visitor for the same address and user agent only', () => {
    const visitors = [LINE, LINE.replace('/a/', '/z/'), LINE.replace('83.', '84.'), LINE.replace('X11', 'X12')].map(
      (line) => eventOf(parseCombinedLine(line)).visitor,
    );

    expect(visitors[0]).toBe(visitors[1]);
    expect(new Set(visitors).size).toBe(3);
  });
});

describe('a line that is not wholly of the combined format is refused', () => {
  test.each([
    ['', 'the address is missing'],
    ['garbage', 'the identity is missing or not parted by one space'],
    [LINE.slice(0, -1), 'the user agent has no closing quote'],
    [`${LINE} more`, 'there is more after the user agent'],
    [LINE.replace('17/May', '31/Feb'), 'the time does not exist'],
    [LINE.replace('17/May', '17/Mai'), 'the time is not like 17/May/2015:10:05:03 +0000'],
    [LINE.replace('10:05:03', '24:05:03'), 'the time does not exist'],
    [
      LINE.replace('GET /a/b.png?x=1&y=2 HTTP/1.1', '-'),
      'the request line is not a method, a target and an HTTP version',
    ],
    [LINE.replace('/a/b.png', '/a b.png'), 'the request line is not a method, a target and an HTTP version'],
    [LINE.replace(' 200 ', ' 999 '), 'the status is not from 100 to 599'],
    [LINE.replace(' 203023 ', ' -1 '), 'the bytes are neither a number nor -'],
    [LINE.replace(' 203023 ', ' 9007199254740993 '), 'the bytes are neither a number nor -'],
    [LINE.replace(' 200 ', '  200 '), 'the status is missing'],
  ])('%j', (line, reason) => {
    expect(parseCombinedLine(line)).toEqual({ kind: 'refused', reason });
  });
});

describe('whatever the line', () => {
  const piece = fc.constantFrom('"', '\\', ' ', '-', '[', ']', '\u0000', '\ud800', LINE, ...LINE.split(' '));

  test('it is parsed or refused, and never thrown on', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(piece).map((all) => all.join('')),
        ),
        (line) => {
          expect(['event', 'refused']).toContain(parseCombinedLine(line).kind);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('what a server writes comes back as it was', () => {
    const text = fc.string({ unit: 'grapheme-ascii' }).filter((value) => value !== '-');
    const target = fc.webPath().map((path) => `/${path.slice(1)}`);
    fc.assert(
      fc.property(text, text, target, fc.nat(), (referrer, userAgent, path, bytes) => {
        const line = `1.2.3.4 - bob [29/Feb/2024:23:59:59 +1400] "PUT ${path} HTTP/2" 201 ${bytes} "${escapeQuoted(referrer)}" "${escapeQuoted(userAgent)}"`;

        expect(eventOf(parseCombinedLine(line))).toMatchObject({ referrer, user_agent: userAgent, path, bytes });
      }),
    );
  });

  test('a megabyte of quotes and backslashes is judged in one pass', () => {
    const started = performance.now();

    for (const unit of ['\\"', '\\\\', '\\x', '" "']) {
      parseCombinedLine(LINE.replace('Mozilla', unit.repeat(500_000)));
    }

    // Linear work takes some 50 ms; anything quadratic would take hours.
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

(hasRealLog ? test : test.skip)(
  `10,000 lines of a real log: all but the one that is cut short are events${hasRealLog ? '' : ' (skipped: no data)'}`,
  () => {
    const lines = readFileSync(REAL_LOG, 'utf8').trimEnd().split('\n');

    const parsed = lines.map((line) => parseCombinedLine(line));

    const refused = parsed.flatMap((result, index) => (result.kind === 'refused' ? [[index + 1, result.reason]] : []));
    expect(parsed).toHaveLength(10_000);
    expect(refused).toEqual([[8899, 'the user agent has no closing quote']]);
    expect(parsed.filter((result) => result.kind === 'event' && result.event.bytes === null)).toHaveLength(669);
  },
);

function escapeQuoted(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
}

function eventOf(parsed: ParsedLine): WebEvent {
  if (parsed.kind === 'refused') throw new Error(`refused: ${parsed.reason}`);
  return parsed.event;
}
