import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { FILLED, fillSnippet } from './property-files.ts';
import { BEHAVIORS, CRITERIA, faultsOf, type Rule, ruleSchema } from './rule-format.ts';

const API = z.strictObject({ rules: ruleSchema }).parse(fillSnippet('api', FILLED.api)).rules;
const SITE = z.strictObject({ rules: ruleSchema }).parse(fillSnippet('site', FILLED.site)).rules;

describe.each([
  ['API', API],
  ['site', SITE],
])('the rules of the %s’s property', (_name, root) => {
  test('have names, options and values that the rule format knows', () => {
    const rules = [...everyRule(root)];

    const wrong = rules.flatMap(({ name, behaviors, criteria }) =>
      [...faultsOf(behaviors, BEHAVIORS), ...faultsOf(criteria, CRITERIA)].map((fault) => `${name}: ${fault}`),
    );

    expect(rules.length).toBeGreaterThan(1);
    expect(wrong).toEqual([]);
  });

  test('set only variables that are declared, and that an EdgeWorker can see', () => {
    const declared = root.variables.map(({ name }) => name);
    const used = [...everyRule(root)].flatMap(({ behaviors }) =>
      behaviors.flatMap(({ options }) => (options['variableName'] === undefined ? [] : [options['variableName']])),
    );

    expect([...new Set(used)].toSorted()).toEqual(declared.toSorted());
    expect(root.variables.filter(({ sensitive }) => sensitive)).toEqual([]);
  });

  test('have their criteria only below the default rule', () => {
    expect([root.name, root.criteria]).toEqual(['default', []]);
    for (const { criteria, criteriaMustSatisfy } of root.children) {
      expect(criteria.length).toBeGreaterThan(0);
      expect(criteriaMustSatisfy).toBe('all');
    }
  });
});

describe('the property in front of the API', () => {
  test('lets a POST with a length through, and keeps nothing', () => {
    expect(optionsOf(API, 'allowPost')).toEqual({ enabled: true, allowWithoutContentLength: false });
    expect(optionsOf(API, 'caching')).toEqual({ behavior: 'NO_STORE' });
  });

  test('asks the API under its own name, over TLS that it checks, and tells it no address of a visitor', () => {
    expect(optionsOf(API, 'origin')).toMatchObject({
      hostname: 'api.example.com',
      forwardHostHeader: 'ORIGIN_HOSTNAME',
      originSni: true,
      verificationMode: 'CUSTOM',
      customValidCnValues: expect.arrayContaining(['{{Origin Hostname}}']),
      enableTrueClientIp: false,
    });
    expect(API.options).toEqual({ is_secure: true });
    expect(optionsOf(API, 'cpCode')).toEqual({ value: { id: 123456 } });
  });

  test('refuses whoever is no EdgeWorker', () => {
    const [only, ...others] = API.children;

    expect(others).toEqual([]);
    expect(only?.criteria).toEqual([
      { name: 'requestType', options: { matchOperator: 'IS_NOT', value: 'EW_SUBREQUEST' } },
    ]);
    expect(only?.behaviors).toMatchObject([{ name: 'denyAccess', options: { enabled: true } }]);
  });

  test('runs no EdgeWorker itself', () => {
    expect([...everyRule(API)].flatMap(({ behaviors }) => behaviors.map(({ name }) => name))).not.toContain(
      'edgeWorker',
    );
  });
});

test('an API with mTLS is asked with the property’s certificate, or not at all', () => {
  const guid = 'fa3a7ae0-1b0c-45c7-adc3-f0638c6b7466';

  const rule = ruleSchema.parse(fillSnippet('client-certificate', { client_certificate: guid }));

  expect(faultsOf(rule.behaviors, BEHAVIORS)).toEqual([]);
  expect(rule).toMatchObject({ criteria: [], children: [] });
  expect(optionsOf(rule, 'mtlsOriginKeystore')).toEqual({
    enable: true,
    clientCertificateVersionGuid: guid,
    authClientCert: true,
  });
});

describe('the rules for the property of the site', () => {
  const [events, collector, ...others] = SITE.children;

  test('run the collector after the events, for the last EdgeWorker that matches is the one', () => {
    expect(others).toEqual([]);
    expect(events && optionsOf(events, 'edgeWorker')['edgeWorkerId']).toBe('12345');
    expect(collector && optionsOf(collector, 'edgeWorker')['edgeWorkerId']).toBe('12346');
  });

  test('let the page go on where the EdgeWorker fails', () => {
    expect(events && optionsOf(events, 'edgeWorker')).toMatchObject({ enabled: true, continueOnError: true });
  });

  test('make no event of a sub-request, nor of a file', () => {
    const [type, extension] = events?.criteria ?? [];

    expect(type).toEqual({ name: 'requestType', options: { matchOperator: 'IS', value: 'CLIENT_REQ' } });
    expect(extension?.options).toMatchObject({ matchOperator: 'IS_NOT_ONE_OF', matchCaseSensitive: false });
    expect(extension?.options['values']).toEqual(expect.arrayContaining(['css', 'js', 'png', 'woff2']));
    expect(extension?.options['values']).not.toContain('html');
  });

  test('let the collector take POST and OPTIONS at /collect, and keep no answer', () => {
    expect(collector?.criteria[0]?.options).toMatchObject({ matchOperator: 'MATCHES_ONE_OF', values: ['/collect'] });
    expect(collector && optionsOf(collector, 'allowPost')).toEqual({ enabled: true, allowWithoutContentLength: false });
    expect(collector && optionsOf(collector, 'allowOptions')).toEqual({ enabled: true });
    expect(collector && optionsOf(collector, 'caching')).toEqual({ behavior: 'NO_STORE' });
    expect(collector && optionsOf(collector, 'setVariable')).toMatchObject({
      variableName: 'PMUSER_EW_ENABLE_OPTIONS',
      variableValue: 'true',
    });
  });

  test('give the event of a request Akamai’s number of it, and a batch none: sent again, it would have another', () => {
    expect(events && optionsOf(events, 'globalRequestNumber')).toEqual({
      outputOption: 'ASSIGN_VARIABLE',
      variableName: 'PMUSER_GRN',
    });
    expect(JSON.stringify(collector)).not.toContain('PMUSER_GRN');
  });
});

function* everyRule(rule: Rule): Generator<Rule> {
  yield rule;
  for (const child of rule.children) yield* everyRule(child);
}

function optionsOf(rule: Rule, behavior: string): Readonly<Record<string, unknown>> {
  const found = rule.behaviors.filter(({ name }) => name === behavior);
  expect(found).toHaveLength(1);
  return found[0]?.options ?? {};
}
