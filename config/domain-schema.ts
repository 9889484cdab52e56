import { z } from 'zod';
import { hostname, plainText, regionName, strictObject } from './schema-parts.ts';

/** One for the only region, or one for each by its name. */
function perRegion<One extends z.ZodType>(one: One) {
  return z.union([one, z.record(regionName, one)]);
}

const certificateArn = z
  .string()
  .regex(
    /^arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate\/[A-Za-z0-9-]+$/,
    'the ARN of a certificate in ACM, such as arn:aws:acm:us-east-1:123456789012:certificate/…',
  );

const truststore = strictObject({
  /** The bucket, with versioning on. */
  bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'the name of a bucket'),
  /** Of the object: one PEM file with every CA that may issue client certificates, up to its root. */
  key: plainText(1024),
  /** Version id of the object: without a new one, API Gateway never sees a changed file (aws-cdk issue 30859). */
  version: z.string().regex(/^(?!null$)[A-Za-z0-9._-]{1,1024}$/, 'the version id of the object in its bucket'),
});

const ownName = {
  /** What callers connect to. Its DNS record points at the output `DomainTarget`. */
  name: hostname,
  /** The server's certificate, in ACM: of the one region, or `{ <region>: <ARN> }` for each. */
  certificateArn: perRegion(certificateArn),
};

/** The API under a name of your own. The address that AWS gives it is switched off then, so that nobody gets around this one. */
export const domainSchema = z.union([
  strictObject({
    ...ownName,
    /** Callers must show a client certificate that a CA of the truststore vouches for. */
    mtls: z.literal(true),
    /** Whom to believe: of the one region, or `{ <region>: {…} }` for each. */
    truststore: perRegion(truststore),
    /** A second name for the same API that asks for no client certificate, for principals with `require: 'token'`. @default none */
    tokenDomain: strictObject(ownName).optional(),
  }),
  strictObject({
    ...ownName,
    /** @default false */
    mtls: z.literal(false).default(false),
  }),
]);

export type DomainConfig = Readonly<z.output<typeof domainSchema>>;
export type Truststore = Readonly<z.output<typeof truststore>>;

/** The server certificate in a region, where there is one. */
export function certificateArnIn(
  { certificateArn }: Readonly<Pick<DomainConfig, 'certificateArn'>>,
  region: string,
): string | undefined {
  return typeof certificateArn === 'string' ? certificateArn : ownEntry(certificateArn, region);
}

/** The truststore in a region, where there is one. */
export function truststoreIn(
  { truststore }: Readonly<Pick<Extract<DomainConfig, { mtls: true }>, 'truststore'>>,
  region: string,
): Truststore | undefined {
  return isTruststore(truststore) ? truststore : ownEntry(truststore, region);
}

function isTruststore(value: Truststore | Readonly<Record<string, Truststore>>): value is Truststore {
  return typeof value['bucket'] === 'string';
}

function ownEntry<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
