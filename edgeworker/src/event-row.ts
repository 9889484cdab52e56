import type { EdgePlatform, HasHeaders, VisitorRequest } from './platform.ts';
import { readHeader } from './read-header.ts';
import { randomHex } from './uuid.ts';
import { type VisitorFields, visitorFields } from './visitor-fields.ts';

export interface EventRequest extends VisitorRequest {
  readonly method?: string | null | undefined;
  readonly host?: string | null | undefined;
  readonly path?: string | null | undefined;
  readonly query?: string | null | undefined;
  getVariable(name: string): string | null | undefined;
}

export interface EventResponse extends HasHeaders {
  readonly status?: number | null | undefined;
}

/** A row of `web_events`. What is undefined stays out of the JSON, and NULL in the table. */
export interface EventRow extends VisitorFields {
  readonly event_time: string;
  readonly path: string | undefined;
  readonly query: string | undefined;
  readonly method: string | undefined;
  readonly status: number | undefined;
  readonly bytes: number | undefined;
  readonly host: string | undefined;
  readonly referrer: string | undefined;
  readonly request_id: string;
  readonly event_type: 'request';
}

/**
 * The event of one request. The property may set two variables: `PMUSER_EVENT_TIME` (RFC 3339), without which the time is that
 * of the answer, and `PMUSER_GRN` (Akamai's global request number), without which the request id is random.
 */
export function eventRow(
  request: EventRequest,
  response: EventResponse,
  platform: Pick<EdgePlatform, 'crypto' | 'now'>,
): EventRow {
  return {
    event_time: request.getVariable('PMUSER_EVENT_TIME') || new Date(platform.now()).toISOString(),
    path: request.path || undefined,
    query: request.query || undefined,
    method: request.method || undefined,
    status: response.status || undefined,
    bytes: contentLength(response),
    host: request.host || undefined,
    referrer: readHeader(request, 'Referer'),
    ...visitorFields(request),
    request_id: request.getVariable('PMUSER_GRN') || randomHex(16, platform),
    event_type: 'request',
  };
}

/** Up to fifteen digits, all of which a number holds exactly. */
function contentLength(response: HasHeaders): number | undefined {
  const value = readHeader(response, 'Content-Length') ?? '';
  return /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}
