import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';

export interface PackedFile {
  readonly name: string;
  readonly text: string;
}

/** RFC 1952 §2.3.1: where the operating system stands, and "unknown". zlib writes the one that it runs on. */
const GZIP_OS_AT = 9;
const GZIP_OS_UNKNOWN = 255;

/**
 * A `.tgz` of these files at its root. The same files give the same bytes: Akamai refuses an upload that it has seen before, and
 * a reviewer can build a bundle again. No executable bits, which Akamai refuses (`INVALID_FILE_PERMISSION`).
 */
export async function packTgz(files: readonly PackedFile[]): Promise<Buffer> {
  const tar = pack();
  for (const { name, text } of files) {
    tar.entry({ name, mode: 0o644, mtime: new Date(0), uid: 0, gid: 0 }, text);
  }
  tar.finalize();
  const tgz = gzipSync(await buffer(tar), { level: 9 });
  tgz.writeUInt8(GZIP_OS_UNKNOWN, GZIP_OS_AT);
  return tgz;
}
