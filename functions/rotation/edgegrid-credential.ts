import { isProtectedUrl } from '../../config/is-protected-url.ts';

/** An API client of Akamai with the right to write EdgeKV, as its secret holds it. */
export interface EdgegridCredential {
  /** Origin of Akamai's API for this client, `https://akab-….luna.akamaiapis.net`. */
  readonly origin: string;
  readonly clientToken: string;
  readonly clientSecret: string;
  readonly accessToken: string;
}

/** The secret is not of the form that Akamai's credentials have; nothing of it is in the message. */
export class EdgegridCredentialInvalidError extends Error {
  override readonly name = 'EdgegridCredentialInvalidError';
  readonly code = 'EDGEGRID_CREDENTIAL_INVALID';
  readonly retryable = false;
  /** @param seen which member is not as expected */
  constructor(seen: string) {
    super(
      `The secret of the Akamai API client is unusable: ${seen}. Write {"host","clientToken","clientSecret","accessToken"} ` +
        'with the four values that Akamai Control Center shows when it makes the client.',
    );
  }
}

const HOSTNAME = /^[a-z0-9-]+(\.[a-z0-9-]+)+$/;
/** Printable, and nothing that could end a parameter of the header. */
const TOKEN = /^[!-:<-~]{1,256}$/;

/** What the four values are called where a credential is kept. */
export type EdgegridNames = Readonly<Record<'host' | 'clientToken' | 'clientSecret' | 'accessToken', string>>;

const SECRET_NAMES: EdgegridNames = {
  host: 'host',
  clientToken: 'clientToken',
  clientSecret: 'clientSecret',
  accessToken: 'accessToken',
};

/** @throws EdgegridCredentialInvalidError */
export function parseEdgegridCredential(secret: string): EdgegridCredential {
  return readEdgegridCredential(readObject(secret), SECRET_NAMES, (seen) => new EdgegridCredentialInvalidError(seen));
}

/**
 * Reads a credential from wherever it is kept.
 *
 * @param refuse makes what is thrown of which value is not as expected
 */
export function readEdgegridCredential(
  members: ReadonlyMap<string, unknown>,
  names: EdgegridNames,
  refuse: (seen: string) => Error,
): EdgegridCredential {
  const token = (name: string): string => {
    const value = members.get(name);
    if (typeof value === 'string' && TOKEN.test(value)) return value;
    throw refuse(`\`${name}\` is not a text without white space`);
  };
  const origin = originOf(members.get(names.host));
  if (origin === undefined) throw refuse(`\`${names.host}\` is not a hostname without scheme, port or path`);
  return {
    origin,
    clientToken: token(names.clientToken),
    clientSecret: token(names.clientSecret),
    accessToken: token(names.accessToken),
  };
}

/** A hostname, to be asked over TLS. Without TLS only a stand-in on this very machine is asked, as the deployment test does. */
function originOf(host: unknown): string | undefined {
  if (typeof host !== 'string') return undefined;
  if (HOSTNAME.test(host)) return `https://${host}`;
  const url = URL.canParse(host) ? new URL(host) : undefined;
  return url?.protocol === 'http:' && isProtectedUrl(url) && url.origin === host ? url.origin : undefined;
}

function readObject(text: string): ReadonlyMap<string, unknown> {
  try {
    return new Map(Object.entries(JSON.parse(text)));
  } catch {
    throw new EdgegridCredentialInvalidError('it is not a JSON object');
  }
}
