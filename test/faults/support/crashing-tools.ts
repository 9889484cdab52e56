import type { RotationTools } from '../../../functions/rotation/rotate-database-user/rotation-tools.ts';

/** When the process dies, seen from what it awaits: before it is done, after, or it is done by the time that others have gone on. */
export type Moment = 'before' | 'after' | 'late';

/** The process is gone: nothing that it does from then on happens. */
export class ProcessKilled extends Error {
  override readonly name = 'ProcessKilled';
}

export interface CrashingTools {
  readonly tools: RotationTools;
  /** What the steps awaited so far, in order. What only asks leaves nothing behind: dying before and after it are the same. */
  readonly awaited: readonly ('asks' | 'changes')[];
  /** Does now what was under way when the process died. */
  arriveLate(): Promise<void>;
}

/** Tools whose user dies at the await with this number, counted from 1. @param at 0: never */
export function crashingTools(inner: RotationTools, at: number, moment: Moment): CrashingTools {
  const awaited: ('asks' | 'changes')[] = [];
  let late: () => Promise<unknown> = async () => undefined;
  async function pass<T>(kind: 'asks' | 'changes', call: () => Promise<T>): Promise<T> {
    const count = awaited.push(kind);
    if (at === 0 || count < at) return call();
    if (count === at && moment === 'after') await call();
    if (count === at && moment === 'late') late = call;
    throw new ProcessKilled('killed by the test');
  }
  const { store, database } = inner;
  return {
    tools: {
      ...inner,
      store: {
        describe: (secret) => pass('asks', () => store.describe(secret)),
        readVersion: (secret, version) => pass('asks', () => store.readVersion(secret, version)),
        putPending: (secret, version, value) => pass('changes', () => store.putPending(secret, version, value)),
        moveCurrent: (secret, from, to) => pass('changes', () => store.moveCurrent(secret, from, to)),
      },
      database: {
        logsIn: (credential) => pass('asks', () => database.logsIn(credential)),
        prove: (credential, rights) => pass('asks', () => database.prove(credential, rights)),
        change: (administrator, statement) => pass('changes', () => database.change(administrator, statement)),
      },
      administrator: () => pass('asks', inner.administrator),
      pause: (milliseconds) => pass('asks', () => inner.pause(milliseconds)),
    },
    awaited,
    arriveLate: async () => void (await late().catch(() => undefined)),
  };
}
