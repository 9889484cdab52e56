/** Tokens and signatures are judged with this much tolerance of clocks, in authorizer and ingest alike (design §3.3). */
export const CLOCK_TOLERANCE_SECONDS = 30;

/** How a caller proved who it is. */
export type AuthKind = 'token';

/**
 * Who sends: what the authorizer proved and the gateway hands to ingest as `requestContext.authorizer.lambda`.
 * A type, not an interface: the gateway's types want an index signature. Times in seconds since the epoch.
 */
export type Identity = {
  readonly principal: string;
  readonly auth: AuthKind;
  readonly iss: string;
  readonly sub: string;
  readonly clientId: string;
  readonly jti: string;
  readonly kid: string;
  readonly exp: number;
};

/** Reads the identity that the authorizer passed on, or undefined where it is not exactly of our form. */
export function readIdentity(context: unknown): Identity | undefined {
  if (typeof context !== 'object' || context === null) return undefined;
  const fields = new Map<string, unknown>(Object.entries(context));
  const [principal, iss, sub, clientId, jti, kid] = ['principal', 'iss', 'sub', 'clientId', 'jti', 'kid'].map(
    (name) => {
      const value = fields.get(name);
      return typeof value === 'string' ? value : undefined;
    },
  );
  // The gateway keeps numbers as numbers; an emulator may turn them into text.
  const exp = Number(fields.get('exp'));
  if (principal === undefined || iss === undefined || sub === undefined || clientId === undefined) return undefined;
  if (jti === undefined || kid === undefined || fields.get('auth') !== 'token') return undefined;
  return Number.isSafeInteger(exp) ? { principal, auth: 'token', iss, sub, clientId, jti, kid, exp } : undefined;
}
