import { isJsonObject } from './json-object.ts';
import type { VisitorFields } from './visitor-fields.ts';

/**
 * Adds what the edge knows to an event that a client sent. These fields are the edge's alone: a client's own value is
 * overwritten, or removed where the edge knows none. The row's `request_id` is `<batch id>/<row>`, so a repeated batch has the
 * same ones. What is no object stays as it is, and so do fields that begin with `_`: ingest refuses them with a code and keeps them.
 */
export function enrichEvent(event: unknown, visitor: VisitorFields, batchId: string, row: number): unknown {
  // `undefined` leaves a field out of JSON, and takes the client's value with it.
  return isJsonObject(event) ? { ...event, ...visitor, request_id: `${batchId}/${row}` } : event;
}
