import { describe, expect, test } from '@jest/globals';
import { StoreError } from '../../../../functions/ingest/batch-store.ts';
import { GOOD, openIngest } from './ingest-rig.ts';

describe('a table that ClickHouse says is another', () => {
  test('spools the batch with its verdict, and the next batch reads the table at once', async () => {
    const asked: string[] = [];
    let isChanged = true;
    const rig = openIngest({
      describe: () => void asked.push('describe'),
      insert: () => {
        if (isChanged) throw new StoreError('Comparing the types of hits', 117, { changed: true });
      },
    });

    const first = await rig.send({ rows: [GOOD] });
    isChanged = false;
    const second = await rig.send({ rows: [GOOD, GOOD] });

    expect([first.answer.statusCode, second.answer.statusCode]).toEqual([202, 200]);
    expect(asked).toEqual(['describe', 'describe']);
  });
});
