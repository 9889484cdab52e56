import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import userConfig from '../../../edgehouse.config.ts';

const FOLDER = fileURLToPath(new URL('../../../edgeworker/property/', import.meta.url));
const MAIN = read('main.tf');
const VARIABLES = read('variables.tf');

const optionsSchema = z.record(z.string(), z.unknown());
const itemSchema = z.strictObject({ name: z.string(), options: optionsSchema });
const variableSchema = z.strictObject({
  name: z.string().regex(/^PMUSER_[A-Z0-9_]{1,25}$/),
  description: z.string(),
  value: z.string(),
  hidden: z.boolean(),
  sensitive: z.boolean(),
});

/** A rule as Property Manager's API takes it ("Property Manager API", rule trees). */
const ruleSchema = z.strictObject({
  name: z.string(),
  comments: z.string().optional(),
  options: z.strictObject({ is_secure: z.literal(true) }).optional(),
  variables: z.array(variableSchema).default([]),
  criteriaMustSatisfy: z.enum(['all', 'any']).optional(),
  criteria: z.array(itemSchema).default([]),
  behaviors: z.array(itemSchema).default([]),
  get children() {
    return z.array(ruleSchema).default([]);
  },
});
type Rule = z.infer<typeof ruleSchema>;

/** An option's values, or the type that they have to have. */
type Allowed = readonly string[] | 'string' | 'strings' | 'number' | 'boolean' | 'object';

// What rule format v2025-10-16 knows of the behaviors and criteria used here, as Akamai's Terraform provider 9.2.0 has it
// (terraform-provider-akamai, pkg/providers/property/ruleformats).
const BEHAVIORS: Readonly<Record<string, Readonly<Record<string, Allowed>>>> = {
  allowOptions: { enabled: 'boolean' },
  allowPost: { enabled: 'boolean', allowWithoutContentLength: 'boolean' },
  caching: {
    behavior: ['MAX_AGE', 'NO_STORE', 'BYPASS_CACHE', 'CACHE_CONTROL_AND_EXPIRES', 'CACHE_CONTROL', 'EXPIRES'],
  },
  cpCode: { value: 'object' },
  denyAccess: { reason: 'string', enabled: 'boolean' },
  edgeWorker: { enabled: 'boolean', edgeWorkerId: 'string', continueOnError: 'boolean' },
  globalRequestNumber: {
    outputOption: ['RESPONSE_HEADER', 'REQUEST_HEADER', 'BOTH_HEADERS', 'ASSIGN_VARIABLE'],
    variableName: 'string',
  },
  mtlsOriginKeystore: { enable: 'boolean', clientCertificateVersionGuid: 'string', authClientCert: 'boolean' },
  origin: {
    originType: ['CUSTOMER'],
    hostname: 'string',
    forwardHostHeader: ['REQUEST_HOST_HEADER', 'ORIGIN_HOSTNAME', 'CUSTOM'],
    cacheKeyHostname: ['REQUEST_HOST_HEADER', 'ORIGIN_HOSTNAME'],
    ipVersion: ['IPV4', 'DUALSTACK', 'IPV6'],
    useUniqueCacheKey: 'boolean',
    compress: 'boolean',
    enableTrueClientIp: 'boolean',
    originSni: 'boolean',
    verificationMode: ['PLATFORM_SETTINGS', 'CUSTOM', 'THIRD_PARTY'],
    customValidCnValues: 'strings',
    originCertsToHonor: [
      'COMBO',
      'STANDARD_CERTIFICATE_AUTHORITIES',
      'CUSTOM_CERTIFICATE_AUTHORITIES',
      'CUSTOM_CERTIFICATES',
    ],
    standardCertificateAuthorities: 'strings',
    minTlsVersion: ['DYNAMIC', 'TLSV1_1', 'TLSV1_2', 'TLSV1_3'],
    httpPort: 'number',
    httpsPort: 'number',
  },
  setVariable: {
    variableName: 'string',
    valueSource: ['EXPRESSION', 'EXTRACT', 'GENERATE'],
    variableValue: 'string',
    transform: ['NONE'],
  },
};
const CRITERIA: Readonly<Record<string, Readonly<Record<string, Allowed>>>> = {
  fileExtension: { matchOperator: ['IS_ONE_OF', 'IS_NOT_ONE_OF'], values: 'strings', matchCaseSensitive: 'boolean' },
  path: {
    matchOperator: ['MATCHES_ONE_OF', 'DOES_NOT_MATCH_ONE_OF'],
    values: 'strings',
    matchCaseSensitive: 'boolean',
    normalize: 'boolean',
  },
  requestType: { matchOperator: ['IS', 'IS_NOT'], value: ['CLIENT_REQ', 'ESI_FRAGMENT', 'EW_SUBREQUEST'] },
};

const FILLED = {
  api: { api_origin: 'api.example.com', cp_code: 123456 },
  site: { collector_id: '12346', request_events_id: '12345' },
};

const API = z.strictObject({ rules: ruleSchema }).parse(fill('api', FILLED.api)).rules;
const SITE = z.strictObject({ rules: ruleSchema }).parse(fill('site', FILLED.site)).rules;

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

  const rule = ruleSchema.parse(fill('client-certificate', { client_certificate: guid }));

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

describe('the Terraform example', () => {
  test('fills what the rules leave open, and nothing else', () => {
    for (const [name, values] of Object.entries(FILLED)) {
      const block = new RegExp(`data "akamai_property_rules_template" "${name}" \\{\\n([\\s\\S]*?)\\n\\}`).exec(
        MAIN,
      )?.[1];
      const filled = [...(block ?? '').matchAll(/name {2}= "(\w+)"\n {4}type {2}= "(\w+)"/g)];

      expect(block).toContain(`property-snippets/${name}.json`);
      expect(filled.map(([, key, type]) => [key, type])).toEqual(
        Object.entries(values).map(([key, value]) => [key, typeof value]),
      );
    }
    expect(readdirSync(`${FOLDER}property-snippets`).toSorted()).toEqual([
      'api.json',
      'client-certificate.json',
      'site.json',
    ]);
  });

  test('uses every variable that it declares, and declares every one that it uses', () => {
    const declared = [...VARIABLES.matchAll(/^variable "(\w+)" \{$/gm)].map(([, name]) => name);
    const used = new Set([...MAIN.matchAll(/\bvar\.(\w+)/g)].map(([, name]) => name));

    expect([...used].toSorted()).toEqual(declared.toSorted());
  });

  test('refers only to what it has, of kinds that the provider has', () => {
    const blocks = [...MAIN.matchAll(/^(resource|data) "(\w+)" "(\w+)" \{$/gm)].map(([, kind, type, name]) =>
      kind === 'data' ? `data.${type}.${name}` : `${type}.${name}`,
    );
    const referred = [...MAIN.matchAll(/(?<!["\w])(?:data\.)?akamai_\w+\.\w+/g)].map(([name]) => name);

    expect(blocks.toSorted()).toEqual([
      'akamai_edgekv.credentials',
      'akamai_edgeworker.edgehouse',
      'akamai_edgeworkers_activation.production',
      'akamai_edgeworkers_activation.staging',
      'akamai_property.api',
      'akamai_property_activation.production',
      'akamai_property_activation.staging',
      'data.akamai_property_rules_template.api',
      'data.akamai_property_rules_template.site',
    ]);
    expect(referred.filter((name) => !blocks.includes(name))).toEqual([]);
  });

  test('has the names of edgehouse.config.ts, and holds no credential', () => {
    const { edge } = userConfig;
    const preset = (name: string) =>
      new RegExp(`variable "${name}" \\{[^}]*default {5}= "([^"]*)"`).exec(VARIABLES)?.[1];

    expect(preset('api_host')).toBe(edge?.apiHost);
    expect(preset('edgekv_namespace')).toBe(edge?.namespace);
    expect(MAIN + VARIABLES).not.toMatch(/client_secret|access_token|client_token/);
  });

  // `terraform fmt`: two blanks a level, and the equals signs of lines that follow each other below each other.
  test.each([
    ['main.tf', MAIN],
    ['variables.tf', VARIABLES],
  ])('is formatted: %s', (_file, text) => {
    let depth = 0;
    const lines = text.split('\n');
    lines.forEach((line, at) => {
      const closes = /^\s*[})\]]/.test(line);
      if (closes) depth -= 1;
      const indent = line === '' ? '' : ' '.repeat(2 * depth);
      expect(`${at + 1}: ${/^\s*/.exec(line)?.[0]}`).toBe(`${at + 1}: ${indent}`);
      const before = lines[at - 1] ?? '';
      const [mine, theirs] = [line, before].map((one) => /^\s+\w+ *(?==)/.exec(one)?.[0].length);
      const opens = /[{([]$/.test(line) && !line.startsWith('#');
      if (mine !== undefined && theirs !== undefined && !opens && !/[{([]$/.test(before))
        expect(`${at + 1}: ${mine}`).toBe(`${at + 1}: ${theirs}`);
      if (opens) depth += 1;
    });
    expect(depth).toBe(0);
    expect(text).toMatch(/[^\n]\n$/);
  });
});

function read(file: string): string {
  return readFileSync(`${FOLDER}${file}`, 'utf8');
}

/** As the provider's template does it: the quotes go with the placeholder, so that a number is one. */
function fill(name: string, values: Readonly<Record<string, string | number>>): unknown {
  const text = read(`property-snippets/${name}.json`).replace(/"\$\{env\.(\w+)\}"/g, (placeholder, key: string) =>
    key in values ? JSON.stringify(values[key]) : placeholder,
  );
  expect(text).not.toContain('${');
  return JSON.parse(text);
}

function* everyRule(rule: Rule): Generator<Rule> {
  yield rule;
  for (const child of rule.children) yield* everyRule(child);
}

function optionsOf(rule: Rule, behavior: string): Readonly<Record<string, unknown>> {
  const found = rule.behaviors.filter(({ name }) => name === behavior);
  expect(found).toHaveLength(1);
  return found[0]?.options ?? {};
}

function faultsOf(items: Rule['behaviors'], known: typeof BEHAVIORS): readonly string[] {
  return items.flatMap(({ name, options }) =>
    Object.entries(options).flatMap(([option, value]) => {
      const allowed = known[name]?.[option];
      return allowed !== undefined && fits(value, allowed) ? [] : [`${name}.${option} = ${JSON.stringify(value)}`];
    }),
  );
}

function fits(value: unknown, allowed: Allowed): boolean {
  if (allowed === 'strings') return Array.isArray(value) && value.every((one) => typeof one === 'string');
  return typeof allowed === 'string' ? typeof value === allowed : allowed.some((one) => one === value);
}
