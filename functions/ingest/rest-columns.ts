import type { Config } from '../../config/schema.ts';

/** Finds, by table, the column that keeps unknown fields; undefined where the stream refuses them. */
export type RestColumns = (table: string) => string | undefined;

export function restColumnsOf(streams: Config['streams']): RestColumns {
  const columns = new Map<string, string>();
  for (const [name, { table, unknownFields }] of Object.entries(streams)) {
    if (unknownFields !== 'refuse') columns.set(table ?? name, unknownFields.keepIn);
  }
  return (table) => columns.get(table);
}
