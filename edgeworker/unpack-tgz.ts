import { posix } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { MOST_UNPACKED_BYTES } from './platform-rules.ts';

/** The files of a `.tgz` by their path. @throws Error where it is none, or unpacks to twice what Akamai takes */
export async function unpackTgz(tgz: Uint8Array): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  // Twice: the tar format adds 512 bytes a file, and fills each up to 512.
  const tar = gunzipSync(tgz, { maxOutputLength: 2 * MOST_UNPACKED_BYTES });
  for await (const entry of Readable.from([tar]).pipe(extract())) {
    const content = await text(entry);
    const path = posix.normalize(entry.header.name);
    // Akamai ignores what macOS adds.
    if (entry.header.type === 'file' && !posix.basename(path).startsWith('._')) files.set(path, content);
  }
  return files;
}
