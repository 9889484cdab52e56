import { expect, test } from '@jest/globals';
import { printGrants } from '../../../cli/print-grants.ts';
import { compileGrants } from '../../../config/grants.ts';
import { config } from '../../../config/loaded.ts';

test('grants print gives a script: how to apply it, then every statement of the configuration, each with its end', async () => {
  const out: string[] = [];

  await printGrants({ out: (line) => out.push(line) });

  const [header = '', ...statements] = out;
  for (const line of header.split('\n')) expect(line).toMatch(/^-- /);
  expect(header).toContain('edgehouse grants print | clickhouse client');
  expect(header).toContain('created locked');
  expect(statements).toEqual(compileGrants(config).map((statement) => `${statement};`));
  expect(statements.length).toBeGreaterThan(0);
});
