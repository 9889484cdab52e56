import type { BatchSpool } from '../../../functions/shared/batch-spool.ts';

/** A spool whose objects a test can look at and change. */
export function memoryBatchSpool() {
  const objects = new Map<string, Buffer>();
  const spool: BatchSpool = {
    create: async (name, bytes) => {
      if (objects.has(name)) return 'exists';
      objects.set(name, Buffer.from(bytes));
      return 'created';
    },
    replace: async (name, bytes) => {
      objects.set(name, Buffer.from(bytes));
    },
    read: async (name) => objects.get(name),
    remove: async (name) => {
      objects.delete(name);
    },
  };
  return { objects, spool };
}
