import { describe, expect, test } from '@jest/globals';
import { readMediaType } from '../../../../functions/ingest/read-media-type.ts';
import { refusalCode } from './refusal-code.ts';

describe('media type and encoding', () => {
  test.each([
    ['application/json', undefined, false],
    ['Application/JSON; charset=UTF-8', undefined, false],
    ['application/x-ndjson;charset="utf-8"', undefined, true],
    ['application/x-ndjson', 'gzip', true],
    ['text/csv; charset=utf-8', undefined, false],
  ])('%s with encoding %s is taken', (type, encoding, intact) => {
    expect(refusalCode(() => readMediaType(type, encoding, intact))).toBe('taken');
  });

  test.each([
    ['', undefined, true, 'MEDIA_TYPE_UNSUPPORTED'],
    ['text/plain', undefined, true, 'MEDIA_TYPE_UNSUPPORTED'],
    ['text/csv; header=absent', undefined, true, 'MEDIA_TYPE_UNSUPPORTED'],
    ['text/csv', 'gzip', false, 'ENCODING_UNSUPPORTED'],
    ['application/json; charset=latin1', undefined, true, 'MEDIA_TYPE_UNSUPPORTED'],
    ['application/json, application/json', undefined, true, 'MEDIA_TYPE_UNSUPPORTED'],
    ['application/json', 'gzip', false, 'ENCODING_UNSUPPORTED'],
    ['application/x-ndjson', 'br', true, 'ENCODING_UNSUPPORTED'],
    ['application/x-ndjson', 'gzip, gzip', true, 'ENCODING_UNSUPPORTED'],
    ['application/x-ndjson', '', true, 'ENCODING_UNSUPPORTED'],
  ])('%j with encoding %j is refused', (type, encoding, intact, code) => {
    expect(refusalCode(() => readMediaType(type, encoding, intact))).toBe(code);
  });
});
