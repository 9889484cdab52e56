import type { ClientAuthentication } from '../../config/edge-tokens-schema.ts';
import { type AssertionKey, readAssertionKey } from './assertion-key.ts';

/** An EdgeWorker's client at the external issuer. */
export type EdgeClient =
  | { readonly clientId: string; readonly clientSecret: string }
  | { readonly clientId: string; readonly key: AssertionKey };

/** Entries of the secret as they stand there, by EdgeWorker id; each is judged by itself when it is needed. */
export type EdgeClients = ReadonlyMap<string, unknown>;

/** The secret, or an EdgeWorker's entry in it, is not of the expected form; nothing of it is in the message. */
export class EdgeClientInvalidError extends Error {
  override readonly name = 'EdgeClientInvalidError';
  readonly code = 'EDGE_CLIENT_INVALID';
  readonly retryable = false;
  /** @param seen what is not as expected, as the end of a sentence about the secret */
  constructor(seen: string) {
    super(
      `The secret of the EdgeWorkers' clients is unusable: ${seen}. Write {"<EdgeWorker id>": {"clientId","clientSecret"}} or ` +
        '{"<EdgeWorker id>": {"clientId","privateKey","kid"?,"alg"?}}, as edge.tokens.authentication says.',
    );
  }
}

const EDGE_WORKER_ID = /^[1-9][0-9]{0,9}$/;
/** RFC 6749 appendix A.1 and A.2: what a client's id and secret may consist of. */
const VISIBLE = /^[ -~]{1,1024}$/;

/** Reads the secret as a whole. @throws EdgeClientInvalidError */
export function parseEdgeClients(secret: string): EdgeClients {
  const clients = entriesOf(parseJson(secret));
  if (clients === undefined) throw new EdgeClientInvalidError('it is not a JSON object');
  if (![...clients.keys()].every((id) => EDGE_WORKER_ID.test(id))) {
    throw new EdgeClientInvalidError('a member is named otherwise than by an EdgeWorker id');
  }
  return clients;
}

/** The client of one EdgeWorker, for the authentication that the config names. @throws EdgeClientInvalidError */
export function edgeClientOf(
  clients: EdgeClients,
  edgeWorkerId: number,
  authentication: ClientAuthentication,
): EdgeClient {
  const refuse = (seen: string) => new EdgeClientInvalidError(`EdgeWorker ${edgeWorkerId} ${seen}`);
  const members = entriesOf(clients.get(String(edgeWorkerId)));
  if (members === undefined) throw refuse('has no object in it');
  const text = (name: string): string => {
    const value = members.get(name);
    if (typeof value === 'string' && VISIBLE.test(value)) return value;
    throw refuse(`has no \`${name}\` of 1 to 1024 visible characters`);
  };
  const withKey = authentication === 'private_key_jwt';
  const known = withKey ? ['clientId', 'privateKey', 'kid', 'alg'] : ['clientId', 'clientSecret'];
  if (![...members.keys()].every((name) => known.includes(name))) {
    throw refuse(`has a member besides ${known.join(', ')}, which ${authentication} does not know`);
  }
  const clientId = text('clientId');
  if (!withKey) return { clientId, clientSecret: text('clientSecret') };
  const read = readAssertionKey(members.get('privateKey'), {
    kid: members.has('kid') ? text('kid') : undefined,
    alg: members.has('alg') ? text('alg') : undefined,
  });
  if (read.kind === 'unusable') throw refuse(`has a \`privateKey\` that ${read.seen}`);
  return { clientId, key: read.key };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own words quote what it read.
    return undefined;
  }
}

function entriesOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return new Map(Object.entries(value));
}
