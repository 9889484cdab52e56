import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { BatchRefusedError } from '../shared/batch-refused-error.ts';

const gunzipAsync = promisify(gunzip);

export interface InflateLimits {
  readonly inflatedBytes: number;
  readonly inflateRatio: number;
}

/** Inflates a gzip body; a bomb stops at the limit. @throws BatchRefusedError INFLATE_LIMIT, BODY_MALFORMED */
export async function inflate(bytes: Buffer, encoding: string | undefined, limits: InflateLimits): Promise<Buffer> {
  if (encoding === undefined) return bytes;
  const most = Math.min(limits.inflatedBytes, bytes.length * limits.inflateRatio);
  try {
    return await gunzipAsync(bytes, { maxOutputLength: Math.max(most, 1) });
  } catch (cause) {
    if (isTooLarge(cause)) {
      throw new BatchRefusedError('INFLATE_LIMIT', `The body inflates to more than ${most} bytes.`);
    }
    throw new BatchRefusedError('BODY_MALFORMED', 'The body is not gzip.', { cause });
  }
}

function isTooLarge(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
}
