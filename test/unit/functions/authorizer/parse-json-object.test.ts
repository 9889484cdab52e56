import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseJsonObject } from '../../../../functions/authorizer/parse-json-object.ts';

function parse(text: string | Uint8Array) {
  return parseJsonObject(Buffer.from(text));
}

/** A second opinion on JSON that is known to be good: reads it token by token and keeps the names of each open object. */
function hasDuplicate(json: string): boolean {
  const open: (Set<string> | undefined)[] = [];
  for (const match of json.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g)) {
    const [token, colon] = match;
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(undefined);
    else if (token === '}' || token === ']') open.pop();
    else if (colon !== undefined) {
      const name: string = JSON.parse(token.slice(0, -colon.length));
      const names = open.at(-1);
      if (names?.has(name)) return true;
      names?.add(name);
    }
  }
  return false;
}

/** Objects as their text, some of them with a name twice, plain or escaped. */
const { object } = fc.letrec<{ object: string; value: string }>((tie) => ({
  object: fc
    .array(
      fc.tuple(fc.constantFrom('"a"', '"b"', '"\\u0061"', '"a:"', '"\\"a\\":"', '""', '"constructor"'), tie('value')),
      { maxLength: 4 },
    )
    .map((members) => `{${members.map(([name, value]) => `${name} : ${value}`).join(', ')}}`),
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom('1', 'null', '":"', '"{\\"a\\":1,\\"a\\":2}"', '"\\\\"', '[]'),
    tie('object'),
    fc.array(tie('value'), { maxLength: 3 }).map((values) => `[${values.join(',')}]`),
  ),
}));

describe('a JSON object of somebody else', () => {
  test.each(['{}', '{"a":1,"b":{"a":1}}', '{"a":[{"a":1},{"a":2}]}', '{"a:":":","b":"\\\\"}', ' {"a" : 1} '])(
    'is taken: %s',
    (text) => expect(parse(text)).toEqual({ kind: 'object', object: JSON.parse(text) }),
  );

  test.each([
    ['{"a":1,"a":1}', 'twice'],
    ['{"a":1,"\\u0061":2}', 'twice'],
    ['{"x":{"a":1,"a":{"b":1}}}', 'twice'],
    ['{"x":[[{"a":1,"a":[]}]]}', 'twice'],
    ['{"__proto__":1}', '__proto__'],
    ['{"x":{"\\u005f_proto__":{}}}', '__proto__'],
    ['[]', 'no JSON object'],
    ['null', 'no JSON object'],
    ['"a"', 'no JSON object'],
    ['{', 'not JSON'],
    ['\uFEFF{}', 'not JSON'],
    ['{"a":01}', 'not JSON'],
  ])('is refused: %s', (text, fault) => {
    expect(parse(text)).toEqual({ kind: 'fault', fault: expect.stringContaining(fault) });
  });

  test('is refused where it is not UTF-8, and not read as something near', () => {
    expect(parse(Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d]))).toEqual({
      kind: 'fault',
      fault: 'not UTF-8',
    });
  });

  test('may be nested as deep as a token is long', () => {
    const deep = `{"a":${'['.repeat(4_000)}${']'.repeat(4_000)}}`;

    expect(parse(deep).kind).toBe('object');
  });

  test('is refused exactly where another reader finds a member twice', () => {
    fc.assert(
      fc.property(object, (text) => {
        const parsed = parse(text);
        expect(parsed.kind).toBe(hasDuplicate(text) ? 'fault' : 'object');
        if (parsed.kind === 'object') expect(parsed.object).toEqual(JSON.parse(text));
      }),
      { numRuns: 2_000 },
    );
  });

  test('is whatever JSON.parse makes of it, or refused', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json({ noUnicodeString: false }), fc.string({ unit: 'binary' })), (text) => {
        const parsed = parse(text);
        if (parsed.kind === 'object') expect(parsed.object).toEqual(JSON.parse(text));
      }),
    );
  });
});
