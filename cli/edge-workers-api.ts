import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type ApiPorts, askAgain, openAkamaiApi, unlessAbsent } from './akamai-api.ts';
import type { EdgegridAccess } from './edgerc.ts';

// Paths and shapes: "Akamai: EdgeWorkers API" v1 (OpenAPI, akamai/akamai-apis, apis/edgeworkers/v1).

/** The networks as the API names them. */
export type EdgeWorkersNetwork = 'STAGING' | 'PRODUCTION';

/** An empty list may as well be left out or null: the document has no example of one. */
function listOf<T>(item: z.ZodType<T>) {
  return z
    .array(item)
    .nullable()
    .transform((items) => items ?? []);
}

const findings = listOf(z.object({ type: z.string(), message: z.string() })).default([]);
const validationSchema = z.object({ errors: findings, warnings: findings });
const versionSchema = z.object({ version: z.string(), checksum: z.string() });
const activationSchema = z.object({
  activationId: z.int(),
  version: z.string(),
  network: z.string(),
  /** One of the document's, or one that it does not have yet. */
  status: z.string(),
  createdTime: z.iso.datetime({ offset: true }),
});
const activationsSchema = z.object({ activations: listOf(activationSchema) });

export type Validation = z.infer<typeof validationSchema>;
export type UploadedVersion = z.infer<typeof versionSchema>;
export type Activation = z.infer<typeof activationSchema>;

/** What is asked of the API. Each call tries again what may pass, and throws AkamaiApiError. */
export interface EdgeWorkersApi {
  readonly validate: (tgz: Uint8Array) => Promise<Validation>;
  /** Undefined where there is no such version. */
  readonly version: (id: number, version: string) => Promise<UploadedVersion | undefined>;
  /** Uploads once; whoever calls it looks what became of it where there was no answer. */
  readonly upload: (id: number, tgz: Uint8Array) => Promise<UploadedVersion>;
  /** All of a network, or the one that is in force there. */
  readonly activations: (
    id: number,
    network: EdgeWorkersNetwork,
    which: 'all' | 'active',
  ) => Promise<readonly Activation[]>;
  readonly activation: (id: number, activationId: number) => Promise<Activation>;
  /** Activates once, as `upload`. @param note at most 128 characters, shown in Control Center */
  readonly activate: (id: number, network: EdgeWorkersNetwork, version: string, note: string) => Promise<Activation>;
}

export function openEdgeWorkersApi(access: EdgegridAccess, ports: ApiPorts): EdgeWorkersApi {
  const ask = openAkamaiApi(access, ports);
  const again = askAgain(ask, ports);
  const pathOf = (id: number, rest: string) => `/edgeworkers/v1/ids/${id}/${rest}`;
  return {
    validate: (tgz) =>
      again({
        what: 'validate the bundle',
        method: 'POST',
        path: '/edgeworkers/v1/validations',
        body: tgz,
        schema: validationSchema,
      }),
    version: (id, version) => {
      const what = `show version ${version} of EdgeWorker ${id}`;
      return unlessAbsent(
        again({ what, method: 'GET', path: pathOf(id, `versions/${version}`), schema: versionSchema }),
      );
    },
    upload: (id, tgz) =>
      ask({
        what: `take the bundle of EdgeWorker ${id}`,
        method: 'POST',
        path: pathOf(id, 'versions'),
        body: tgz,
        schema: versionSchema,
      }),
    activations: async (id, network, which) => {
      const { activations } = await again({
        what: `list the activations of EdgeWorker ${id}`,
        method: 'GET',
        path: pathOf(id, 'activations'),
        // Whether a network alone would leave out what is on its way there, the document does not say.
        query: which === 'active' ? { network, activeOnNetwork: 'true' } : {},
        schema: activationsSchema,
      });
      return activations.filter((activation) => activation.network === network);
    },
    activation: (id, activationId) => {
      const what = `show activation ${activationId} of EdgeWorker ${id}`;
      return again({ what, method: 'GET', path: pathOf(id, `activations/${activationId}`), schema: activationSchema });
    },
    activate: (id, network, version, note) =>
      ask({
        what: `activate version ${version} of EdgeWorker ${id} on ${network}`,
        method: 'POST',
        path: pathOf(id, 'activations'),
        body: JSON.stringify({ network, version, note }),
        schema: activationSchema,
      }),
  };
}

/**
 * Whether a version holds these very bytes. The document calls the checksum SHA-256; the one in its examples has the length of a SHA-1.
 */
export function hasChecksumOf({ checksum }: UploadedVersion, tgz: Uint8Array): boolean {
  const algorithm = checksum.length === 40 ? 'sha1' : 'sha256';
  return createHash(algorithm).update(tgz).digest('hex') === checksum.toLowerCase();
}
