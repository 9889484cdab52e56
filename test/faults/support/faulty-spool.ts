import { type BatchSpool, SpoolError } from '../../../functions/shared/batch-spool.ts';

/** A spool whose steps fail when a test says so. */
export function faultySpool(
  spool: BatchSpool,
  { fails, onCreate }: { readonly fails: () => boolean; readonly onCreate: (name: string, bytes: Buffer) => unknown },
): BatchSpool {
  const unlessFailing = async <T>(step: () => Promise<T>): Promise<T> => {
    if (fails()) throw new SpoolError('A step that a test lets fail');
    return step();
  };
  return {
    create: (name, bytes, signal) =>
      unlessFailing(async () => {
        onCreate(name, Buffer.from(bytes));
        return spool.create(name, bytes, signal);
      }),
    replace: (name, bytes, signal) => unlessFailing(() => spool.replace(name, bytes, signal)),
    read: (name, signal) => unlessFailing(() => spool.read(name, signal)),
    remove: (name, signal) => unlessFailing(() => spool.remove(name, signal)),
  };
}
