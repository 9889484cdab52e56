import { type BodyFormat, bodyFormat } from './body-format.ts';
import { type CollectorAnswer, problemAnswer } from './collector-answer.ts';
import type { OriginVerdict } from './origin.ts';
import type { HasHeaders } from './platform.ts';
import { readBatchId } from './read-batch-id.ts';
import { readHeader } from './read-header.ts';
import type { CollectorLimits } from './settings.ts';

export type HeadCheck =
  | { readonly kind: 'fine'; readonly format: BodyFormat; readonly givenId: string | undefined }
  | { readonly kind: 'refused'; readonly answer: CollectorAnswer };

/** What can be judged of a posted batch before its body is read. */
export function checkHead(
  request: HasHeaders & { readonly query?: string | null | undefined },
  origin: OriginVerdict,
  { maxBodyBytes }: Pick<CollectorLimits, 'maxBodyBytes'>,
): HeadCheck {
  const format = bodyFormat(readHeader(request, 'Content-Type') ?? '');
  if (format === undefined) {
    return refused(
      'MEDIA_TYPE_UNSUPPORTED',
      'The Content-Type is neither application/json, text/plain nor text/csv, in UTF-8.',
    );
  }
  if (!/^(identity)?$/i.test(readHeader(request, 'Content-Encoding') ?? '')) {
    return refused('MEDIA_TYPE_UNSUPPORTED', 'The body has a Content-Encoding; expected none.');
  }
  if (origin === 'denied') return { kind: 'refused', answer: originDenied() };
  if (Number(readHeader(request, 'Content-Length') ?? 0) > maxBodyBytes) {
    return refused('BODY_TOO_LARGE', `Content-Length is over ${maxBodyBytes}.`);
  }
  const id = readBatchId(readHeader(request, 'Edge-Batch-Id'), request.query);
  if (id.kind === 'malformed') {
    return refused('BATCH_ID_MALFORMED', 'The batch id is not a UUID, or header and query name different ones.');
  }
  return { kind: 'fine', format, givenId: id.kind === 'given' ? id.batchId : undefined };
}

export function originDenied(): CollectorAnswer {
  return problemAnswer('ORIGIN_DENIED', 'Origin and Referer are missing, or their page may not post here.');
}

function refused(...[code, detail]: Parameters<typeof problemAnswer>): HeadCheck {
  return { kind: 'refused', answer: problemAnswer(code, detail) };
}
