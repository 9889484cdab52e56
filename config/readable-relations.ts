import { decide } from './decide.ts';
import type { ConfigSections, Principal } from './schema.ts';
import { SYSTEM_VIEWS } from './system-views.ts';

/** A table or view that a principal gets SELECT on. */
export interface ReadableRelation {
  /** Its name in the config's database. */
  readonly relation: string;
  /** Present where the relation is a view that shows only some rows of a stream's table. */
  readonly filter?: { readonly table: string; readonly rows: string };
}

/** What a principal may read, as `decide` says: the grants are derived from the policy, not written beside it. */
export function readableRelations(
  principal: Principal,
  streams: ConfigSections['streams'],
): readonly ReadableRelation[] {
  const names = [...SYSTEM_VIEWS, ...Object.keys(streams).sort()];
  return names
    .filter((name) => decide(principal, 'read', name, '', '').allowed)
    .map((name) => {
      const table = streams[name]?.table ?? name;
      // `parseConfig` refuses a second rule for a stream that one rule filters.
      const rule = principal.allow.find((allow) => 'read' in allow && allow.read.includes(name));
      if (rule === undefined || 'write' in rule || rule.rows === undefined) return { relation: table };
      return { relation: filteredView(name, principal.name), filter: { table, rows: rule.rows } };
    });
}

/** The view that shows a principal the rows of a stream that its filter lets through. */
function filteredView(stream: string, principal: string): string {
  return `${stream}_for_${principal.replaceAll('-', '_')}`;
}
