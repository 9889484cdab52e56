import { mkdirSync, readdirSync, rmSync, watch } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Objects of the spool that another process has asked to be replayed: empty files, named like the objects. */
export interface Announcements {
  /** Takes no more. */
  close(): void;
}

const NAME = /^spool\/[0-9a-f]{64}$/;

/** Asks the stack that keeps its data here to replay an object now, or when it is started. */
export async function announce(dir: string, name: string): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await writeFile(join(dir, encodeURIComponent(name)), '', { mode: 0o600 });
}

/**
 * Takes what was announced, what lies there already first.
 *
 * @param dir made where it is not there
 * @param take called once with each name, in time; from then on the announcement is gone
 */
export function takeAnnouncements(dir: string, take: (name: string) => void): Announcements {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const takeAll = () => {
    for (const file of readdirSync(dir)) {
      rmSync(join(dir, file), { force: true });
      const name = decoded(file);
      if (NAME.test(name)) take(name);
    }
  };
  const watcher = watch(dir, takeAll);
  takeAll();
  return { close: () => watcher.close() };
}

function decoded(file: string): string {
  try {
    return decodeURIComponent(file);
  } catch {
    return '';
  }
}
