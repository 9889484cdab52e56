import { type Contract, compileContract } from '../../../functions/ingest/contract.ts';
import { TABLE } from '../../unit/functions/ingest/stream-contract.ts';
import { FUZZ_TABLES, type FuzzColumn } from './fuzz-tables.ts';

const STAMPS = TABLE.filter(({ name }) => name.startsWith('_'));
const DEFAULT_KINDS = { required: '', nullable: '', defaulted: 'DEFAULT', computed: 'MATERIALIZED' } as const;

/** What ingest reads of such a table. */
export function contractOf(stream: string): Contract {
  const { columns = [] } = FUZZ_TABLES.find((table) => table.stream === stream) ?? {};
  const own = columns.map(({ name, type, kind }: FuzzColumn) => ({
    name,
    type: kind === 'nullable' ? `Nullable(${type})` : type,
    defaultKind: DEFAULT_KINDS[kind],
  }));
  return compileContract(stream, [...own, ...STAMPS]);
}
