/** How the events of a body are written. */
export type BodyFormat = 'json' | 'csv';

const MEDIA_TYPE = /^(application\/json|text\/plain|text\/csv)\s*(;\s*charset="?utf-8"?\s*)?$/i;

/**
 * The format that a `Content-Type` stands for, or undefined where it is not taken. text/plain is JSON too: it needs no preflight, so
 * `sendBeacon` works across origins. A charset other than UTF-8 would be read wrongly.
 */
export function bodyFormat(contentType: string): BodyFormat | undefined {
  const mediaType = MEDIA_TYPE.exec(contentType)?.[1];
  if (mediaType === undefined) return undefined;
  return mediaType.toLowerCase() === 'text/csv' ? 'csv' : 'json';
}
