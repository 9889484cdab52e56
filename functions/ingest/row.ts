import { ExactNumber } from './exact-number.ts';

/** A row, or any other JSON object. */
export type Row = Readonly<Record<string, unknown>>;

/** A CSV record with more or fewer fields than its header: no telling which value belongs to which name. */
export class RaggedRecord {
  readonly problem: string;
  constructor(expected: number, seen: number) {
    this.problem = `expected ${expected} fields, as the header has, saw ${seen}`;
  }
}

export function isRow(value: unknown): value is Row {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return !(value instanceof ExactNumber || value instanceof RaggedRecord);
}
