import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type AuditReport, type Exception, judgeAudit, parseExceptions, readReport } from '../../../.ci/judge-audit.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const ID = 'GHSA-abcd-1234-efgh';
const EXCEPTION: Exception = { id: ID, package: 'deep', until: '2026-12-01', reason: 'It only runs while tests do.' };

const advisory = (severity: string, id = ID, name = 'deep') => ({
  name,
  title: 'A hole',
  url: `https://github.com/advisories/${id}`,
  severity,
  range: '<2.0.0',
});
/** As npm tells of it: the package, and another that has it among its own. */
const report = (...via: readonly ReturnType<typeof advisory>[]): AuditReport => ({
  auditReportVersion: 2,
  vulnerabilities: { deep: { via: [...via] }, above: { via: ['deep'] } },
});

describe('the audit gate', () => {
  test.each(['moderate', 'high', 'critical', 'of a kind yet to come'])('refuses a hole that is %s', (severity) => {
    expect(judgeAudit(report(advisory(severity)), [], NOW)).toEqual([
      `${ID} (${severity}) of deep <2.0.0: A hole. https://github.com/advisories/${ID}`,
    ]);
  });

  test.each(['info', 'low'])('lets pass what is %s', (severity) => {
    expect(judgeAudit(report(advisory(severity)), [], NOW)).toEqual([]);
  });

  test('lets pass what has an exception, to the end of its last day', () => {
    const lastMoment = Date.parse('2026-12-02T00:00:00Z') - 1;

    expect(judgeAudit(report(advisory('high')), [EXCEPTION], NOW)).toEqual([]);
    expect(judgeAudit(report(advisory('high')), [EXCEPTION], lastMoment)).toEqual([]);
    expect(judgeAudit(report(advisory('high')), [EXCEPTION], lastMoment + 1)).toEqual([
      expect.stringContaining('ended with 2026-12-01'),
    ]);
  });

  test('refuses an exception that nothing needs, also where only its severity has sunk', () => {
    const unneeded = [expect.stringContaining('not needed any more')];

    expect(judgeAudit(report(), [EXCEPTION], NOW)).toEqual(unneeded);
    expect(judgeAudit(report(advisory('low')), [EXCEPTION], NOW)).toEqual(unneeded);
  });

  test('refuses an exception that looks too far ahead', () => {
    const far = { ...EXCEPTION, until: '2027-03-01' };

    expect(judgeAudit(report(advisory('high')), [far], NOW)).toEqual([expect.stringContaining('more than 90 days')]);
  });

  test('has an exception cover its own advisory in its own package alone', () => {
    const other = advisory('high', 'GHSA-zzzz-zzzz-zzzz');

    expect(judgeAudit(report(advisory('high'), other), [EXCEPTION], NOW)).toHaveLength(1);
    expect(judgeAudit(report(advisory('high', ID, 'wide')), [EXCEPTION], NOW)).toHaveLength(2);
  });

  test('says nothing of a report exactly where every grave hole has an exception in force, and each is needed', () => {
    const ids = fc.uniqueArray(fc.stringMatching(/^GHSA(-[a-z0-9]{4}){3}$/), { maxLength: 5 });

    fc.assert(
      fc.property(ids, ids, (found, known) => {
        const faults = judgeAudit(
          report(...found.map((id) => advisory('high', id))),
          known.map((id) => ({ ...EXCEPTION, id })),
          NOW,
        );

        const both = found.filter((id) => known.includes(id)).length;
        expect(faults).toHaveLength(found.length + known.length - 2 * both);
      }),
    );
  });
});

describe('the exceptions', () => {
  test('that are in force can be read', () => {
    const text = readFileSync(new URL('../../../.ci/audit-exceptions.json', import.meta.url), 'utf8');

    expect(parseExceptions(text)).toEqual(expect.any(Array));
  });

  test.each([
    ['without a reason', { ...EXCEPTION, reason: '' }],
    ['without a date', { ...EXCEPTION, until: 'never' }],
    ['on a day that is none', { ...EXCEPTION, until: '2026-02-30' }],
    ['of no advisory', { ...EXCEPTION, id: 'CVE-2026-1' }],
    ['with a member that means nothing', { ...EXCEPTION, severity: 'low' }],
  ])('are refused %s', (_what, exception) => {
    expect(() => parseExceptions(JSON.stringify([exception]))).toThrow();
  });
});

test('an answer that is no report is never taken for a report without holes', () => {
  expect(readReport('{"message":"405 Method Not Allowed","statusCode":405}')).toBe('405 Method Not Allowed');
  for (const output of ['', '{}', '{"auditReportVersion":3,"vulnerabilities":{}}', '<html>']) {
    expect(readReport(output)).toBe('npm printed no report');
  }
});
