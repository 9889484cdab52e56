/** Tokens and signatures are judged with this much tolerance of clocks, in authorizer and ingest alike (design §3.3). */
export const CLOCK_TOLERANCE_SECONDS = 30;

/** What a verified token says of who sent it. */
export type TokenProof = {
  readonly iss: string;
  readonly sub: string;
  readonly clientId: string;
  readonly jti: string;
  readonly kid: string;
  /** What of RFC 9068 was not asked of this token and would have refused it (`relaxations` of its issuer), separated by blanks. */
  readonly relaxations?: string;
};

/** Which client certificate the connection had. */
export type CertificateProof = {
  /** SHA-256 of its public key, hex. */
  readonly spki: string;
  /** Serial number, hex. */
  readonly serial: string;
};

/**
 * Who sends: what the authorizer proved and the gateway hands to ingest as `requestContext.authorizer.lambda`.
 * Types, not interfaces: the gateway's types want an index signature. Times in seconds since the epoch.
 */
export type Identity = {
  readonly principal: string;
  /** End of the token; of the certificate where there is no token. */
  readonly exp: number;
  /**
   * Begin of the token; of the certificate where there is no token. Absent where the gateway still answers with what an authorizer
   * said before it told this.
   */
  readonly iat?: number;
} & (
  | ({ readonly auth: 'token' } & TokenProof & Partial<CertificateProof>)
  | ({ readonly auth: 'certificate' } & CertificateProof)
  | ({ readonly auth: 'both' } & TokenProof & CertificateProof)
);

/** How a caller proved who it is. */
export type AuthKind = Identity['auth'];

/** As much of an identity as is proven: what an audit line tells, whether the caller was let in or not. */
export type ProvenIdentity = Partial<
  Pick<Identity, 'principal' | 'auth' | 'exp' | 'iat'> & TokenProof & CertificateProof
>;

/** Reads the identity that the authorizer passed on, or undefined where it is not exactly of our form. */
export function readIdentity(context: unknown): Identity | undefined {
  if (typeof context !== 'object' || context === null) return undefined;
  const fields: Fields = new Map(Object.entries(context));
  const principal = text(fields, 'principal');
  const exp = time(fields, 'exp');
  const iat = time(fields, 'iat');
  if (principal === undefined || exp === undefined || (iat === undefined && fields.has('iat'))) return undefined;
  const known = { principal, exp, ...(iat === undefined ? {} : { iat }) };
  const [token, certificate] = [readToken(fields), readCertificate(fields)];
  switch (fields.get('auth')) {
    case 'token':
      return token && { ...known, auth: 'token', ...token, ...certificate };
    case 'certificate':
      return certificate && { ...known, auth: 'certificate', ...certificate };
    case 'both':
      return token && certificate && { ...known, auth: 'both', ...token, ...certificate };
    default:
      return undefined;
  }
}

type Fields = ReadonlyMap<string, unknown>;

function readToken(fields: Fields): TokenProof | undefined {
  const [iss, sub, clientId, jti, kid] = ['iss', 'sub', 'clientId', 'jti', 'kid'].map((name) => text(fields, name));
  const relaxations = text(fields, 'relaxations');
  if (iss === undefined || sub === undefined || clientId === undefined) return undefined;
  if (jti === undefined || kid === undefined) return undefined;
  return { iss, sub, clientId, jti, kid, ...(relaxations === undefined ? {} : { relaxations }) };
}

function readCertificate(fields: Fields): CertificateProof | undefined {
  const [spki, serial] = [text(fields, 'spki'), text(fields, 'serial')];
  return spki === undefined || serial === undefined ? undefined : { spki, serial };
}

function text(fields: Fields, name: string): string | undefined {
  const value = fields.get(name);
  return typeof value === 'string' ? value : undefined;
}

/** The gateway keeps numbers as numbers; an emulator may turn them into text. */
function time(fields: Fields, name: string): number | undefined {
  const value = fields.get(name);
  const seconds = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof seconds === 'number' && Number.isSafeInteger(seconds) ? seconds : undefined;
}
