import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DeadLetterReason } from '../../functions/replay/replay-queue.ts';

/** One JSON file: a spooled batch that waits for a person. */
export interface DeadLetter {
  /** The object of the spool, or null where the message names none. */
  readonly name: string | null;
  /** `RECEIVES_EXHAUSTED`: the queue has delivered it as often as it may. On AWS the queue itself moves such a message. */
  readonly reason: DeadLetterReason | 'RECEIVES_EXHAUSTED';
  readonly receives: number;
  /** RFC 3339. */
  readonly at: string;
}

/** The dead letters of one folder; a second one for the same object takes the first one's place. */
export interface DeadLetters {
  count(): number;
  has(name: string): boolean;
  /** Takes the letter of an object away, if there is one. */
  remove(name: string): Promise<void>;
  /** @param body the message, which tells dead letters without a name apart */
  write(letter: DeadLetter, body: string): Promise<void>;
}

const FILE = /^(?:object|message)-.+\.json$/;

/** Opens the folder, which is made where it is not there. A person who has seen to a letter has its object replayed (`edgehouse spool replay`). */
export function openDeadLetters(dir: string): DeadLetters {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const files = new Set(readdirSync(dir).filter((file) => FILE.test(file)));
  return {
    count: () => files.size,
    has: (name) => files.has(fileOf(name)),
    async remove(name) {
      await rm(join(dir, fileOf(name)), { force: true });
      files.delete(fileOf(name));
    },
    async write(letter, body) {
      const file = letter.name === null ? `message-${sha256(body)}.json` : fileOf(letter.name);
      const path = join(dir, file);
      // Renamed into place: a crash leaves no half a letter. Two messages may name the same object.
      const unfinished = `${path}.${randomUUID()}`;
      await writeFile(unfinished, `${JSON.stringify(letter)}\n`, { mode: 0o600 });
      await rename(unfinished, path);
      files.add(file);
    },
  };
}

function fileOf(name: string): string {
  return `object-${encodeURIComponent(name)}.json`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
