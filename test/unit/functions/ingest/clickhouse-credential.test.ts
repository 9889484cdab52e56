import { describe, expect, test } from '@jest/globals';
import {
  parseClickHouseCredential,
  parseProtectedCredential,
} from '../../../../functions/ingest/clickhouse-credential.ts';

const secretFor = (url: string) => JSON.stringify({ url, username: 'writer', password: 'canary' });

describe('the secret of a ClickHouse user', () => {
  test.each(['https://db.example.com:8443', 'http://127.0.0.1:8123', 'http://localhost:8123'])(
    'for %s is taken on Lambda',
    (url) => {
      expect(parseProtectedCredential(secretFor(url))).toEqual({ url, username: 'writer', password: 'canary' });
    },
  );

  test.each(['http://db.example.com:8123', 'http://127.0.0.1.example.com', 'ftp://127.0.0.1'])(
    'for %s is refused there: the password would travel in clear text',
    (url) => {
      expect(() => parseProtectedCredential(secretFor(url))).toThrow('names another machine without https://');
    },
  );

  test.each(['', 'null', '[]', '{"url":"https://a"}', '{"url":"a","username":"b","password":"c"}'])(
    'of the text %j is refused, and nothing of it is said',
    (text) => {
      expect(() => parseClickHouseCredential(text)).toThrow(
        'A ClickHouse secret is not {"url","username","password"} with three strings. Correct the secret.',
      );
    },
  );
});
