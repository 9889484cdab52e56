import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { HeaderList } from '../../../../local/edge/header-list.ts';

const NAME = fc.constantFrom('A', 'a', 'B', 'Connection', 'X-Long-Name', 'Set-Cookie');
const LINES = fc.array(fc.tuple(NAME, fc.constantFrom('', '1', 'close, b', 'x y')));

describe('HeaderList', () => {
  test('gives out what it was given when nobody changes it', () => {
    fc.assert(fc.property(LINES, (lines) => expect(new HeaderList(lines.flat()).raw()).toEqual(lines.flat())));
  });

  test('changes the named header only', () => {
    fc.assert(
      fc.property(LINES, NAME, (lines, name) => {
        const headers = new HeaderList(lines.flat());
        const others = lines.filter(([line]) => line.toLowerCase() !== name.toLowerCase());

        headers.set(name, ['new', 'newer']);

        expect(headers.raw()).toEqual([...others.flat(), name, 'new', name, 'newer']);
        expect(headers.get(name.toUpperCase())).toEqual(['new', 'newer']);
        headers.remove(name.toLowerCase());
        expect([headers.raw(), headers.get(name)]).toEqual([others.flat(), undefined]);
      }),
    );
  });

  test('drops what belongs to the connection, and what Connection names', () => {
    const headers = new HeaderList([
      'Connection',
      'X-Mine, close',
      'x-mine',
      '1',
      'Transfer-Encoding',
      'chunked',
      'X-Kept',
      '2',
    ]);

    headers.removeHopByHop();

    expect(headers.raw()).toEqual(['X-Kept', '2']);
  });

  test('keeps what it had when a new value is refused', () => {
    const headers = new HeaderList(['a', '1']);

    expect(() => headers.set('a', ['2', 'b\r\nc: d'])).toThrow('Invalid character');
    expect(headers.raw()).toEqual(['a', '1']);
  });
});
