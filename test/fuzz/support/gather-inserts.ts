import type { BatchInsert, BatchStore } from '../../../functions/ingest/batch-store.ts';

interface Waiting {
  readonly insert: BatchInsert;
  readonly done: PromiseWithResolvers<void>;
}

/**
 * Puts batches that are under way together into one insert, as ClickHouse itself does with asynchronous inserts: the embedded engine,
 * which knows none, takes ten milliseconds for each.
 */
export function gatherInserts(store: BatchStore, pauseMs: number): BatchStore {
  const waiting = new Map<string, Waiting[]>();

  async function flush(): Promise<void> {
    const groups = [...waiting.values()];
    waiting.clear();
    for (const group of groups) {
      const [first] = group;
      if (first === undefined) continue;
      const { format } = first.insert;
      const parts = group.flatMap(({ insert: { bytes } }, at) => {
        if (format === 'JSONEachRow') return [bytes, Buffer.from('\n')];
        return [format === 'RowBinaryWithNamesAndTypes' && at > 0 ? bytes.subarray(headerLength(bytes)) : bytes];
      });
      const stored = store.insert({ ...first.insert, bytes: Buffer.concat(parts) });
      const settle = group.map(({ done }) => stored.then(done.resolve, done.reject));
      await Promise.all(settle);
    }
  }

  return {
    ...store,
    insert(insert) {
      if (waiting.size === 0) setTimeout(() => void flush(), pauseMs);
      const done = Promise.withResolvers<void>();
      const key = JSON.stringify([insert.table, insert.format, insert.columns]);
      waiting.set(key, [...(waiting.get(key) ?? []), { insert, done }]);
      return done.promise;
    },
  };
}

/** A count, then so many names and so many types, each behind its length. */
function headerLength(bytes: Uint8Array): number {
  let at = 0;
  const varUint = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const texts = varUint() * 2;
  for (let text = 0; text < texts; text++) {
    const length = varUint();
    at += length;
  }
  return at;
}
