import { buffer } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import { pack } from 'tar-stream';

export interface PackedFile {
  readonly name: string;
  readonly text: string;
}

/**
 * A `.tgz` of these files at its root. The same files give the same bytes on every machine: Akamai refuses an upload that it has seen
 * before, and a reviewer can build a bundle again. No executable bits, which Akamai refuses (`INVALID_FILE_PERMISSION`).
 */
export async function packTgz(files: readonly PackedFile[]): Promise<Buffer> {
  const tar = pack();
  for (const { name, text } of files) {
    tar.entry({ name, mode: 0o644, mtime: new Date(0), uid: 0, gid: 0 }, text);
  }
  tar.finalize();
  return storeInGzip(await buffer(tar));
}

/** RFC 1952 §2.3: no name and no time, operating system unknown. */
const GZIP_HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
/** RFC 1951 §3.2.4. */
const MOST_STORED_BYTES = 65_535;

/** As stored blocks, since what zlib makes of the same bytes may differ with its version and the processor. */
function storeInGzip(bytes: Buffer): Buffer {
  const parts: Buffer[] = [GZIP_HEADER];
  for (let from = 0; from < bytes.length; from += MOST_STORED_BYTES) {
    const block = bytes.subarray(from, from + MOST_STORED_BYTES);
    const head = Buffer.alloc(5);
    head.writeUInt8(from + block.length === bytes.length ? 1 : 0, 0);
    head.writeUInt16LE(block.length, 1);
    head.writeUInt16LE(~block.length & 0xffff, 3);
    parts.push(head, block);
  }
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(bytes), 0);
  trailer.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([...parts, trailer]);
}
