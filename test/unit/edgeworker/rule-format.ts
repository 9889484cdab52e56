import { z } from 'zod';

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
export const ruleSchema = z.strictObject({
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
export type Rule = z.infer<typeof ruleSchema>;

/** An option's values, or the type that they have to have. */
type Allowed = readonly string[] | 'string' | 'strings' | 'number' | 'boolean' | 'object';

// What rule format v2025-10-16 knows of the behaviors and criteria used here, as Akamai's Terraform provider 9.2.0 has it
// (terraform-provider-akamai, pkg/providers/property/ruleformats).
export const BEHAVIORS: Readonly<Record<string, Readonly<Record<string, Allowed>>>> = {
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
export const CRITERIA: Readonly<Record<string, Readonly<Record<string, Allowed>>>> = {
  fileExtension: { matchOperator: ['IS_ONE_OF', 'IS_NOT_ONE_OF'], values: 'strings', matchCaseSensitive: 'boolean' },
  path: {
    matchOperator: ['MATCHES_ONE_OF', 'DOES_NOT_MATCH_ONE_OF'],
    values: 'strings',
    matchCaseSensitive: 'boolean',
    normalize: 'boolean',
  },
  requestType: { matchOperator: ['IS', 'IS_NOT'], value: ['CLIENT_REQ', 'ESI_FRAGMENT', 'EW_SUBREQUEST'] },
};

/** Options that the rule format does not know, or not with that value, as `origin.hostname = 7`. */
export function faultsOf(items: Rule['behaviors'], known: typeof BEHAVIORS): readonly string[] {
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
