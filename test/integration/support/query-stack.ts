import type { ReadyLine } from '../../../local/start-stack.ts';

/** The answer's rows as the stack's reader gets them, every value as text. */
export async function queryStack(
  { clickhouse, clickhouseHeaders }: ReadyLine,
  sql: string,
): Promise<readonly (readonly string[])[]> {
  const body = `${sql} FORMAT JSONCompactStringsEachRow`;
  const answer = await fetch(clickhouse, { method: 'POST', headers: clickhouseHeaders, body });
  const lines = await answer.text();
  if (!answer.ok) throw new Error(`ClickHouse answered ${answer.status}: ${lines}`);
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

/** Rows of a name and a count as one object. */
export function counts(rows: readonly (readonly string[])[]): Readonly<Record<string, number>> {
  return Object.fromEntries(rows.map(([name = '', count]) => [name, Number(count)]));
}
