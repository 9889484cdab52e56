import { describe, expect, test } from '@jest/globals';
import { compileContract } from '../../../../functions/ingest/contract.ts';
import { judgeRows } from '../../../../functions/ingest/judge-rows.ts';
import { parseRows } from '../../../../functions/ingest/parse-rows.ts';
import { STAMP, TABLE } from './stream-contract.ts';

const CONTRACT = compileContract('hits', [
  ...TABLE,
  { name: 'count', type: 'UInt8', defaultKind: '' },
  { name: 'tags', type: 'Array(String)', defaultKind: 'DEFAULT' },
]);

function judge(body: string, mediaType: 'text/csv' | 'application/json' = 'text/csv', contract = CONTRACT) {
  const bytes = Buffer.from(body);
  return judgeRows(contract, parseRows(bytes, mediaType), STAMP, 1_000, bytes.length);
}

function faultsOf(body: string): readonly string[] {
  return judge(body).refused.flatMap(({ faults }) => faults.map(({ code, column }) => `${code} ${column}`.trim()));
}

describe('judging CSV', () => {
  test.each([
    ['name,count\na,1', '[{"name":"a","count":1}]'],
    ['count,name\n1,a', '[{"name":"a","count":1}]'],
    ['name,count,status,country\na,1,,', '[{"name":"a","count":1}]'],
    ['name,count,status,country\na,1,\\N,""', '[{"name":"a","count":1,"status":null,"country":""}]'],
    ['name,count\n,1', '[{"name":"","count":1}]'],
    ['name,count\n"",1', '[{"name":"","count":1}]'],
    ['name,count\n"\\N",1', '[{"name":"\\\\N","count":1}]'],
    [`name,count,tags\na,1,"['x','it\\'s']"`, `[{"name":"a","count":1,"tags":["x","it's"]}]`],
  ])('%j means the same as %s', (csv, json) => {
    const [ours, same] = [judge(csv), judge(json, 'application/json')];
    expect(ours.refused).toEqual([]);
    expect(ours.bytes.equals(same.bytes)).toBe(true);
  });

  test.each([
    ['name,count\na', ['ROW_NOT_OBJECT']],
    ['name,count\na,1,2', ['ROW_NOT_OBJECT']],
    ['name\na', ['FIELD_MISSING count']],
    ['name,count\na,', ['FIELD_MISSING count']],
    ['name,count\na,""', ['FIELD_TYPE count']],
    ['name,count\na,\\N', ['FIELD_TYPE count']],
    ['name,count\n\\N,1', ['FIELD_TYPE name']],
    ['name,count\na, 1', ['FIELD_TYPE count']],
    ['name,count\na,1.0', ['FIELD_TYPE count']],
    ['name,count\na,256', ['FIELD_RANGE count']],
    ['name,count,x\na,1,', ['FIELD_UNKNOWN x']],
    ['Name,count\na,1', ['FIELD_UNKNOWN Name', 'FIELD_MISSING name']],
    ['name,count,_row\na,1,', ['FIELD_RESERVED _row']],
    ['name,count,__proto__\na,1,x', ['FIELD_RESERVED __proto__']],
    ['name,count,constructor\na,1,x', ['FIELD_UNKNOWN constructor']],
    ['name,count,tags\na,1,a', ['FIELD_TYPE tags']],
    ['name,count,tags\na,1,"[\'a\'"', ['FIELD_TYPE tags']],
    [`name,count\n${'a'.repeat(1_000)},1`, ['ROW_TOO_LARGE']],
  ])('%.40j is refused for every fault it has', (body, faults) => {
    expect(faultsOf(body)).toEqual(faults);
  });

  test('a refused row is named by row and line, and kept with the names of its fields', () => {
    const { accepted, refused } = judge('name,count\n"a\nb",1\nc,x\n\nd,2\n');
    expect(accepted).toBe(2);
    expect(refused).toMatchObject([{ row: 1, line: 4, raw: '[{"name":"c","count":"x"}]' }]);
  });

  test('a record is kept as it came where nobody can say which field has which name', () => {
    const { refused } = judge('name,count\nc,x,1');
    expect(refused).toMatchObject([{ row: 0, raw: 'c,x,1' }]);
  });

  test('a long header is not kept once more with each record', () => {
    const { refused } = judge(`name,count,${'x'.repeat(5_000)}\nc,1,""`);
    expect(refused).toMatchObject([{ row: 0, raw: '["c","1",""]' }]);
  });

  test('no message repeats a value', () => {
    const { refused } = judge('name,count\na,canary\ncanary,1,canary');
    expect(JSON.stringify(refused.map(({ faults }) => faults))).not.toContain('canary');
  });
});
