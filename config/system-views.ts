/**
 * Views of edgehouse itself that a `read` rule may name beside streams: each batch, the lines of the ledger behind it, and the refused
 * rows without what was in them.
 */
export const SYSTEM_VIEWS: readonly string[] = ['batches', 'ledger', 'refused_rows'];

/** Names that no stream and no table of a stream may have. */
export const RESERVED_RELATIONS: readonly string[] = [...SYSTEM_VIEWS, 'quarantine'];
