import { BatchRefusedError } from '../shared/batch-refused-error.ts';
import { trimBlanks } from '../shared/trim-blanks.ts';
import { MEDIA_TYPES, type MediaType } from './parse-rows.ts';

/**
 * @param bytesIntact whether the gateway handed the bytes over untouched (`isBase64Encoded`): gzip that came as text has
 *   been destroyed on the way
 * @throws BatchRefusedError MEDIA_TYPE_UNSUPPORTED, ENCODING_UNSUPPORTED
 */
export function readMediaType(contentType: string, encoding: string | undefined, bytesIntact: boolean): MediaType {
  const [type = '', ...parameters] = contentType.split(';').map((part) => trimBlanks(part).toLowerCase());
  const utf8 = parameters.every((parameter) => /^charset="?utf-8"?$/.test(parameter));
  const mediaType = MEDIA_TYPES.find((known) => known === type);
  if (mediaType === undefined || !utf8) {
    throw new BatchRefusedError(
      'MEDIA_TYPE_UNSUPPORTED',
      `Expected ${MEDIA_TYPES.join(', ')}, in UTF-8 where a charset is named.`,
    );
  }
  if (encoding !== undefined && encoding !== 'gzip') {
    throw new BatchRefusedError('ENCODING_UNSUPPORTED', 'Expected no Content-Encoding, or gzip.');
  }
  if (encoding === 'gzip' && !bytesIntact) {
    throw new BatchRefusedError('ENCODING_UNSUPPORTED', 'gzip under a text type reaches the service as text.');
  }
  return mediaType;
}
