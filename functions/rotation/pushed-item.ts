import type { EdgeNetwork } from '../shared/edge-kv.ts';

/** An item that EdgeKV has taken. */
export interface PushedItem {
  readonly network: EdgeNetwork;
  readonly item: string;
  readonly value: string;
}
