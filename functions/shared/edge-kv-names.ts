import { EDGE_KV_NAMES } from '../../config/edge-kv-names.ts';

/** Where an EdgeKV item lies, within one network. */
export interface ItemAddress {
  readonly namespace: string;
  readonly group: string;
  readonly item: string;
}

/** @returns what is wrong with the first name that breaks a rule, or undefined */
export function nameFault(address: ItemAddress): string | undefined {
  for (const part of ['namespace', 'group', 'item'] as const) {
    const { pattern, expected } = EDGE_KV_NAMES[part];
    if (!pattern.test(address[part])) return `The ${part} name is not valid. Expected ${expected}.`;
  }
  return undefined;
}
