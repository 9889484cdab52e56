const HASH = `lower(hex(SHA256(concat('edgehouse quarantine replay\\n', _principal, '\\n', stream, '\\n', toString(_batch_id), '\\n', _batch_digest))))`;

/**
 * In SQL, over rows of `quarantine`: the id of the batch as which the quarantined rows of a batch are judged again (a UUID of version
 * 8, RFC 9562 §5.8). It follows from the batch, so that whoever replays it, and however often, sends one and the same batch: the
 * ledger then tells what was replayed, and nothing has to be marked. None of the parts can hold a line break.
 */
export const REPLAY_ID = `toUUID(concat(substring(${HASH}, 1, 8), '-', substring(${HASH}, 9, 4), '-8', substring(${HASH}, 14, 3), '-8', substring(${HASH}, 18, 3), '-', substring(${HASH}, 21, 12)))`;

/** In SQL, over rows of `quarantine`: whether they were judged again. Sent, but still in the spool, is not judged yet. */
export const REPLAYED = `(_principal, stream, ${REPLAY_ID}) IN (SELECT principal, stream, batch_id FROM {db:Identifier}.batches)`;
