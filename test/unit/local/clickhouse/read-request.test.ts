import { describe, expect, test } from '@jest/globals';
import { readRequest } from '../../../../local/clickhouse/read-request.ts';

function read(search: string, headers: Record<string, string> = {}) {
  return readRequest('POST', new URL(`http://localhost/?${search}`), headers);
}

describe('readRequest', () => {
  test.each([
    ['in the URL', 'user=u&password=p', {}],
    ['in headers', '', { 'x-clickhouse-user': 'u', 'x-clickhouse-key': 'p' }],
    ['as Basic', '', { authorization: `Basic ${Buffer.from('u:p').toString('base64')}` }],
  ])('finds credentials %s', (_where, search, headers) => {
    expect(read(search, headers)).toMatchObject({ user: 'u', password: 'p' });
  });

  test('without credentials the user is default', () => {
    expect(read('')).toMatchObject({ user: 'default', password: '' });
  });

  test('tells settings and parameters from the arguments of the interface', () => {
    const request = read(
      'query=SELECT&query_id=q&database=d&default_format=CSV&wait_end_of_query=1&param_a=1&max_threads=2',
    );

    expect(request).toMatchObject({
      query: 'SELECT',
      queryId: 'q',
      database: 'd',
      defaultFormat: 'CSV',
      waitEndOfQuery: true,
      parameters: [['param_a', '1']],
      settings: [['max_threads', '2']],
    });
  });

  test.each(['session_id=a', 'session_timeout=1', 'role=r', 'compress=1', 'decompress=1'])('refuses %s', (search) => {
    expect(() => read(search)).toThrow(expect.objectContaining({ code: 48 }));
  });

  test('refuses a setting whose name could be SQL', () => {
    expect(() => read('a%3D1%2Cb=1')).toThrow(expect.objectContaining({ code: 115 }));
  });

  test.each([
    ['', { 'accept-encoding': 'gzip, br' }, true],
    ['enable_http_compression=0', { 'accept-encoding': 'gzip' }, false],
    ['', {}, false],
  ])('compresses the answer for %j and %j: %j', (search, headers, gzipAnswer) => {
    expect(read(search, headers)).toMatchObject({ gzipAnswer });
  });
});
