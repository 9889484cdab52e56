import { BatchRefusedError } from '../shared/batch-refused-error.ts';

/** Of arrays and objects in a body. Of seven million, as 20 MB have at most, reading took 1 s and a JSON column 4 s more. */
export const MOST_STRUCTURES = 1_000_000;

const OPENERS = ['[', '{'] as const;

/**
 * Looks for no more than the characters that begin arrays and objects, so those within texts count too.
 *
 * @throws BatchRefusedError BODY_TOO_LARGE
 */
export function boundStructures(body: Buffer | string): void {
  let structures = 0;
  for (const opener of OPENERS) {
    for (let at = indexOf(body, opener, 0); at >= 0; at = indexOf(body, opener, at + 1)) {
      if (++structures > MOST_STRUCTURES) {
        throw new BatchRefusedError(
          'BODY_TOO_LARGE',
          `The body holds more than ${MOST_STRUCTURES} arrays and objects.`,
        );
      }
    }
  }
}

/** A byte is found several times faster than a text of one. */
function indexOf(body: Buffer | string, opener: string, from: number): number {
  return typeof body === 'string' ? body.indexOf(opener, from) : body.indexOf(opener.charCodeAt(0), from);
}
