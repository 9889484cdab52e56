import { sampleRate } from '../../../edgeworker/src/sample-request.ts';

/** Whether sampling at a rate keeps a visitor of this address whose user agent is `x`. */
export function isKept(clientIp: string, rate: number): boolean {
  const request = { getHeader: (name: string) => (name === 'User-Agent' ? ['x'] : undefined), clientIp };
  const sampling = { rate, always: { paths: [] }, column: 'sample_rate' };
  return sampleRate(request, undefined, sampling, { encodeUtf8: (text) => new TextEncoder().encode(text) }) > 0;
}
