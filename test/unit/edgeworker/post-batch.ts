import { type CollectRequest, collect } from '../../../edgeworker/src/collect.ts';
import type { EdgeSettings } from '../../../edgeworker/src/settings.ts';
import { type FakeEdge, headersOf, SETTINGS } from './fake-edge.ts';

export const BATCH_ID = '0193573e-2c00-7a5b-8c1d-0123456789ab';
export const RECEIPT = {
  batchId: BATCH_ID,
  stream: 'web_events',
  outcome: 'stored',
  received: 2,
  accepted: 1,
  quarantined: 1,
  errors: [{ row: 1, column: 'status', code: 'FIELD_TYPE', message: 'not for browsers' }],
};
export const BODY = '[{"path":"/a","country":"XX"},{"path":"/b"}]';

interface Change {
  readonly method?: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly text?: () => Promise<string>;
  readonly clientIp?: string | undefined;
  readonly settings?: Partial<EdgeSettings>;
}

/** A good POST from the site's own page, but for `change`. */
export async function post({ platform }: FakeEdge, change: Change = {}, cache = {}, visitors = {}) {
  const { body = BODY, headers, settings, ...members } = change;
  const request: CollectRequest = {
    method: 'POST',
    scheme: 'https',
    host: 'shop.example.com',
    query: '',
    clientIp: '203.0.113.77',
    userLocation: { country: 'FR' },
    text: async () => body,
    ...members,
    ...headersOf({ 'Content-Type': 'application/json', Origin: 'https://shop.example.com', ...headers }),
  };
  const answer = await collect(request, { settings: { ...SETTINGS, ...settings }, cache, visitors, platform });
  const json: unknown = answer.body === '' ? undefined : JSON.parse(answer.body);
  return { ...answer, json };
}
