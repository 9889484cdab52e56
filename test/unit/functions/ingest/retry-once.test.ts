import { describe, expect, test } from '@jest/globals';
import { type BatchInsert, StoreError } from '../../../../functions/ingest/batch-store.ts';
import { retryOnce } from '../../../../functions/ingest/retry-once.ts';

function insertInto(table: string, signal = AbortSignal.timeout(10_000)): BatchInsert {
  const bytes = Buffer.from(table);
  return {
    table,
    columns: [],
    format: 'JSONEachRow',
    bytes,
    deduplicationToken: table,
    queryId: `r1:${table}`,
    signal,
  };
}

/** Answers in this order, then well. */
function storeThat(...answers: readonly (StoreError | Error | 'well')[]) {
  const handed: BatchInsert[] = [];
  const left = [...answers];
  const store = retryOnce({
    insert: async (insert) => {
      handed.push(insert);
      const answer = left.shift() ?? 'well';
      if (answer !== 'well') throw answer;
    },
  });
  return { store, handed };
}

const CUT = new StoreError('Storing', undefined, { without: 'disconnected' });
const BUSY = new StoreError('Storing', 202);

describe('an insert that fails', () => {
  test.each([
    ['a connection is cut', CUT],
    ['there are too many queries', BUSY],
    ['the outcome is unknown', new StoreError('Storing', 319)],
  ])('is made once more where %s: the same but for its query id', async (_what, error) => {
    const { store, handed } = storeThat(error);
    const insert = insertInto('hits');

    await store.insert(insert);

    expect(handed).toEqual([insert, { ...insert, queryId: 'r1:hits:again' }]);
  });

  test.each([
    ['ClickHouse is out of memory', new StoreError('Storing', 241)],
    ['there was no answer in time', new StoreError('Storing', undefined)],
    ['a row is bad', new StoreError('Storing', 469)],
    ['a right is missing', new StoreError('Storing', 497)],
    ['nobody knows what happened', new Error('canary')],
  ])('is not where %s', async (_what, error) => {
    const { store, handed } = storeThat(error);

    await expect(store.insert(insertInto('hits'))).rejects.toBe(error);

    expect(handed).toHaveLength(1);
  });

  test('twice fails, and no other insert of the request has a second attempt left', async () => {
    const { store, handed } = storeThat(BUSY, 'well', CUT);

    await store.insert(insertInto('quarantine'));

    await expect(store.insert(insertInto('hits'))).rejects.toBe(CUT);
    expect(handed.map(({ queryId }) => queryId)).toEqual(['r1:quarantine', 'r1:quarantine:again', 'r1:hits']);
  });

  test('is not made again when the patience of the batch ends first', async () => {
    const ended = new AbortController();
    const { store, handed } = storeThat(CUT);

    const stored = store.insert(insertInto('hits', ended.signal));
    ended.abort();

    await expect(stored).rejects.toBe(CUT);
    expect(handed).toHaveLength(1);
  });
});
