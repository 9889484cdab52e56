import { VaultError } from './vault-error.ts';

type Members = Readonly<Record<string, unknown>>;

/** One answer of Vault; `body` is empty where it was no JSON object. */
export interface VaultAnswer {
  readonly status: number;
  readonly body: Members;
}

/** One version of a secret. */
export interface VaultSecret {
  /** JSON text of the object that KV holds. */
  readonly text: string;
  /** Counts from 1; a write names it as the version that it replaces. */
  readonly version: string;
}

/** A token of Vault's and its life. */
export interface VaultLease {
  readonly token: string;
  /** From the request on; 0 for a token without an end. */
  readonly seconds: number;
  readonly renewable: boolean;
}

/** Goes into a header. Batch tokens are the longest, with some hundred characters. */
const TOKEN = /^[!-~]{1,8192}$/;

/** The members of a JSON object; none where the text is anything else. */
export function parseBody(text: string): Members {
  try {
    return membersOf(JSON.parse(text));
  } catch {
    return {};
  }
}

/** Reads the answer to `GET <mount>/data/<name>`. @throws VaultError */
export function readSecret(what: string, { status, body }: VaultAnswer): VaultSecret {
  if (status !== 200) throw readRefusal(what, { status, body });
  const { data, metadata } = membersOf(body['data']);
  const { version } = membersOf(metadata);
  if (isObject(data) && isVersion(version)) return { text: JSON.stringify(data), version: String(version) };
  throw malformed(what, body, status);
}

/** Reads the answer to `POST <mount>/data/<name>`: whether a version was written. @throws VaultError */
export function confirmWritten(what: string, { status, body }: VaultAnswer): void {
  if (status !== 200) throw readRefusal(what, { status, body });
  if (!isVersion(membersOf(body['data'])['version'])) throw malformed(what, body, status);
}

/** Reads the answer to a login or a renewal. @throws VaultError */
export function readLease(what: string, { status, body }: VaultAnswer): VaultLease {
  if (status !== 200) throw readRefusal(what, { status, body });
  const { client_token: token, lease_duration: seconds, renewable } = membersOf(body['auth']);
  if (typeof token !== 'string' || !TOKEN.test(token) || typeof seconds !== 'number' || !(seconds >= 0)) {
    throw malformed(what, body, status);
  }
  return { token, seconds, renewable: renewable === true };
}

/** What an answer other than 200 means. */
export function readRefusal(what: string, { status, body }: VaultAnswer): VaultError {
  switch (status) {
    case 400:
      return complainsOf(body, 'check-and-set parameter did not match')
        ? new VaultError('CAS_MISMATCH', what, 'its current version is another than the expected one', { status })
        : new VaultError('VAULT_REFUSED', what, 'status 400', { status });
    case 403:
      return new VaultError('VAULT_DENIED', what, 'status 403', { status });
    case 404:
      return readAbsence(what, body);
    case 503:
      return new VaultError('VAULT_SEALED', what, 'status 503, sealed, without a leader, or under maintenance', {
        status,
      });
    default:
      // A standby without request forwarding redirects; the token must not go to where an answer points.
      return new VaultError('VAULT_REFUSED', what, `status ${status}${is3xx(status) ? ', a redirect' : ''}`, {
        status,
      });
  }
}

/** KV answers 404 for both, but to a deleted or destroyed version with its metadata. */
function readAbsence(what: string, body: VaultAnswer['body']): VaultError {
  const { version, destroyed, deletion_time: deletedAt } = membersOf(membersOf(body['data'])['metadata']);
  if (!isVersion(version) || (destroyed !== true && (typeof deletedAt !== 'string' || deletedAt === ''))) {
    return new VaultError('SECRET_ABSENT', what, 'status 404, no such secret', { status: 404 });
  }
  const seen = `version ${version} is ${destroyed === true ? 'destroyed' : 'deleted'}`;
  return new VaultError('SECRET_DELETED', what, seen, { status: 404, version });
}

function malformed(what: string, body: VaultAnswer['body'], status: number): VaultError {
  const wrapped = isObject(body['wrap_info']);
  const seen = wrapped
    ? 'an answer wrapped in a token, which was not asked for'
    : 'an answer that is not of the documented form';
  return new VaultError('VAULT_ANSWER_MALFORMED', what, seen, { status });
}

/** Looks for Vault's own words in `errors` and takes none over. */
function complainsOf({ errors }: VaultAnswer['body'], words: string): boolean {
  return Array.isArray(errors) && errors.some((error) => typeof error === 'string' && error.includes(words));
}

function is3xx(status: number): boolean {
  return status >= 300 && status < 400;
}

function isVersion(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

function membersOf(value: unknown): Members {
  return isObject(value) ? value : {};
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
