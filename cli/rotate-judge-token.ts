import { z } from 'zod';
import { NOT_BEFORE_SECONDS } from '../functions/issuer/mint-token.ts';
import type { EdgeNetwork } from '../functions/shared/edge-kv.ts';
import { parseJson } from './parse-json.ts';
import { type CredentialStatus, isoSeconds, NOTHING_KNOWN, unreadStatus } from './rotate-credential-status.ts';

/** A refresh takes a minute at most, and EdgeKV shows most items within 10 s. */
const PUSH_GRACE_MS = 2 * 60_000;

/** Seconds since the epoch, up to the year 9999. */
const TIME = z.int().min(0).max(253_402_300_799);
/** Members of the item that are no secret; others are not even looked at. */
const ITEM_TIMES = z.object({ v: z.literal(1), notBefore: TIME, exp: TIME });

/**
 * The token of an EdgeWorker, by the times in its item. It was made a minute after its `notBefore`; the next one comes a refresh
 * period after that.
 *
 * @param text the item; undefined where EdgeKV shows none
 */
export function judgeEdgeToken(
  { id, network }: { readonly id: number; readonly network: EdgeNetwork },
  text: string | undefined,
  { now, refreshMinutes }: { readonly now: number; readonly refreshMinutes: number },
): CredentialStatus {
  const credential = `edge token ${id} ${network}`;
  if (text === undefined) return { ...NOTHING_KNOWN, credential, state: 'absent', last: 'EdgeKV shows no item' };
  const item = ITEM_TIMES.safeParse(parseJson(text));
  if (!item.success) return unreadStatus(credential, 'the item is not of the form {v: 1, notBefore, exp, …}');
  const writtenAt = (item.data.notBefore + NOT_BEFORE_SECONDS) * 1000;
  const expires = item.data.exp * 1000;
  const next = writtenAt + refreshMinutes * 60_000;
  const state = now >= expires ? 'expired' : now >= next + PUSH_GRACE_MS ? 'late' : 'ok';
  const pushed = `pushed ${isoSeconds(writtenAt)}`;
  return { credential, state, writtenAt, expires, next, last: state === 'ok' ? pushed : `${pushed}, none after it` };
}
