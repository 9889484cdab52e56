import { describe, expect, test } from '@jest/globals';
import { describeError } from '../../../../local/clickhouse/describe-error.ts';
import { FrontError, SYNTAX_ERROR } from '../../../../local/clickhouse/front-error.ts';

describe('describeError', () => {
  test.each([
    [60, 404],
    [62, 400],
    [164, 500],
    [252, 500],
    [497, 403],
    [516, 403],
    [48, 501],
    [159, 408],
    [209, 503],
  ])('code %i has the status %i, as on a server', (code, status) => {
    const error = new Error(`Query failed: Code: ${code}. DB::Exception: what. (TYPE)`);

    expect(describeError(error, '26.7')).toEqual({
      code,
      status,
      text: `Code: ${code}. DB::Exception: what. (TYPE) (version 26.7)\n`,
    });
  });

  test('an exception in an exception is told once', () => {
    const error = new Error(
      'Query failed: Code: 452. DB::Exception: Code: 452. DB::Exception: Setting a should not be changed. (CONSTRAINT) (version 26.7.2.1). (CONSTRAINT)',
    );

    expect(describeError(error, '26.7').text).toBe(
      'Code: 452. DB::Exception: Setting a should not be changed. (CONSTRAINT) (version 26.7)\n',
    );
  });

  test('the file in which a body waited is not named', () => {
    const path = '/dev/shm/edgehouse-1/body-1';
    const error = new Error(
      `Query failed: Code: 27. DB::Exception: bad: (at row 1)\n: (in file/uri ${path}): in ${path}. (TYPE)`,
    );

    expect(describeError(error, '26.7', path).text).not.toContain('body-1');
  });

  test('what the front refuses reads like what the engine refuses', () => {
    expect(describeError(new FrontError(SYNTAX_ERROR, 'Empty query'), '26.7').text).toBe(
      'Code: 62. DB::Exception: Empty query (SYNTAX_ERROR) (version 26.7)\n',
    );
  });

  test('any other error is an unknown exception', () => {
    expect(describeError(new Error('broken'), '26.7')).toMatchObject({ code: 1002, status: 500 });
  });
});
