import { clientAddress } from './client-address.ts';
import type { KeyCache } from './make-mac.ts';
import type { EdgePlatform, VisitorRequest, VisitorResponse } from './platform.ts';
import { type ColumnValue, readSource } from './read-source.ts';
import type { EdgeSettings } from './settings.ts';

/** What the edge knows, by the name of its column; undefined where it does not know. Every column of the settings is there. */
export type VisitorFields = Readonly<Record<string, ColumnValue>>;

/**
 * Reads the columns that the edge fills in. What is of the visitor comes from the request alone, so that the same visitor's retry gives
 * the same values. All that is read of request and response is read before this returns: after its handler a request may be gone.
 */
export async function visitorFields(
  request: VisitorRequest,
  { columns, clientIp }: Pick<EdgeSettings, 'columns' | 'clientIp'>,
  platform: Pick<EdgePlatform, 'crypto' | 'encodeUtf8' | 'now' | 'warn'>,
  response?: VisitorResponse,
  keys: KeyCache = {},
): Promise<VisitorFields> {
  const fields: Record<string, ColumnValue> = {};
  const ofAddress: string[] = [];
  for (const [column, source] of Object.entries(columns)) {
    if ('client' in source) ofAddress.push(column);
    else fields[column] = readSource(source, request, response, platform);
  }
  if (ofAddress.length > 0) {
    const address = await clientAddress(request, clientIp, platform, keys);
    for (const column of ofAddress) fields[column] = address;
  }
  return fields;
}
