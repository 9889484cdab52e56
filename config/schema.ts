import { z } from 'zod';
import { domainSchema } from './domain-schema.ts';
import { edgeSchema } from './edge-schema.ts';
import { issuersSchema } from './issuer-schema.ts';
import { policyTestSchema } from './policy-test-schema.ts';
import { principalSchema } from './principal-schema.ts';
import { productionSchema } from './production-schema.ts';
import { distinct, identifier, regionName, strictObject, wholeNumber, withName } from './schema-parts.ts';
import { secretsSchema } from './secrets-schema.ts';
import { streamSchema } from './stream-schema.ts';
import { RESERVED_RELATIONS } from './system-views.ts';

const principalName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, 'a name of a-z, 0-9 and -, beginning with a letter, at most 63 characters');

const streamName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,62}$/, 'a name of a-z, 0-9 and _, beginning with a letter, at most 63 characters')
  .refine((name) => !RESERVED_RELATIONS.includes(name), 'a name that edgehouse does not use itself');

// The characters that Secrets Manager takes in a name (API reference, CreateSecret).
const secretName = z.string().regex(/^[A-Za-z0-9/_+=.@-]{1,512}$/, 'the name of a secret, never its value');

/** The whole of `edgehouse.config.ts`. Every object is strict: a key it does not know is an error. */
export const configSchema = strictObject({
  /** AWS regions that get the whole path; the first is the primary, which alone rotates. @default ['us-east-1'] */
  regions: distinct(regionName).min(1).default(['us-east-1']),
  /** The ClickHouse service that the rows go to. */
  clickhouse: strictObject({
    /** The database that holds the tables. @default 'edgehouse' */
    database: identifier.default('edgehouse'),
    /** Names in Secrets Manager of the two accounts that Lambda uses. */
    secrets: strictObject({
      /** @default 'edgehouse/clickhouse/writer' */
      writer: secretName.default('edgehouse/clickhouse/writer'),
      /** @default 'edgehouse/clickhouse/inspector' */
      inspector: secretName.default('edgehouse/clickhouse/inspector'),
    }).prefault({}),
    /**
     * Days after which the password of each of our accounts is replaced, at night (UTC). Secrets Manager does it; in Vault, Vault has
     * to. @default 30
     */
    rotateDays: wholeNumber(1, 365).default(30),
  }).prefault({}),
  /** Where the functions' secrets are kept. @default 'aws' */
  secrets: secretsSchema.default('aws'),
  /** Whose tokens are believed. @default ['builtin'] */
  issuers: issuersSchema.prefault(['builtin']),
  /** Who may do what, by name. @default {} */
  principals: z.record(principalName, principalSchema).transform(withName).prefault({}),
  /** The API under a name of your own, with client certificates or without. @default the address that AWS gives it */
  domain: domainSchema.optional(),
  /** Where rows may go, by name: the name is part of the address that senders call. */
  streams: z
    .record(streamName, streamSchema)
    .refine((streams) => Object.keys(streams).length > 0, 'at least one stream')
    .transform((streams) =>
      withName(
        Object.fromEntries(
          Object.entries(streams).map(([name, { table = name, ...rest }]) => [name, { table, ...rest }]),
        ),
      ),
    ),
  /** How EdgeWorkers get their credentials, and what is built into their bundles. */
  edge: edgeSchema,
  /** What a stack has that others depend on. @default it is tried out */
  production: productionSchema.optional(),
  /** What the policy must answer. They run whenever the config is read, and one that fails stops everything. @default [] */
  tests: z.array(policyTestSchema).default([]),
}).transform(({ principals, ...sections }) => {
  // Where the domain asks for client certificates, whoever says nothing needs one besides the token.
  const usual = sections.domain?.mtls ? 'both' : 'token';
  const required = Object.entries(principals).map(
    ([name, { require = usual, ...principal }]) => [name, { ...principal, require }] as const,
  );
  return { ...sections, principals: Object.fromEntries(required) };
});

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

/** The config with every default filled in. */
export type ConfigSections = DeepReadonly<z.output<typeof configSchema>>;

/** The parsed config: nothing in it but JSON. Test a name that a client sent with `Object.hasOwn` before you look it up. */
export type Config = ConfigSections & {
  /** SHA-256 hex of the RFC 8785 form of `{issuers, principals, streams}`. */
  readonly policyHash: string;
};

/** What a user writes: `Config` with everything optional that has a default, and without names and hash. */
export type ConfigInput = z.input<typeof configSchema>;

export type Issuer = Config['issuers'][number];
export type Principal = Config['principals'][string];
export type Stream = Config['streams'][string];
export type PolicyTest = Config['tests'][number];
export type AllowRule = Principal['allow'][number];
export type DenyRule = Principal['deny'][number];
