import type { Config } from '../config/schema.ts';

/** The credentials are those of somebody else than whose rows they are to send. */
export class PrincipalMismatchError extends Error {
  override readonly name = 'PrincipalMismatchError';
  readonly code = 'PRINCIPAL_MISMATCH';
  constructor(principal: string, seen: readonly string[]) {
    super(
      `The credentials are those of ${seen.join(', ') || 'no principal of edgehouse.config.ts'}, expected those of ${principal}: ` +
        'rows are never sent under another name. Give --credentials the item of its EdgeWorker.',
    );
  }
}

/**
 * Sees that a token has the claims of a principal, before rows are sent with it. Its signature is the API's to verify: this keeps
 * the operator from a slip, and nobody else out.
 *
 * @throws PrincipalMismatchError
 */
export function requirePrincipal(
  principal: string,
  token: string | undefined,
  { principals, issuers }: Pick<Config, 'principals' | 'issuers'>,
): void {
  const payload = Buffer.from(token?.split('.')[1] ?? '', 'base64url').toString();
  const claims = new Map(Object.entries(parseObject(payload)));
  const vouching = issuerOf(claims.get('iss'), issuers);
  const fitting = Object.values(principals).filter(({ claims: wanted, issuer = vouching }) => {
    const matchers = Object.entries(wanted ?? {});
    return issuer === vouching && matchers.length > 0 && matchers.every(([name, value]) => claims.get(name) === value);
  });
  const names = fitting.map(({ name }) => name);
  if (!names.includes(principal)) throw new PrincipalMismatchError(principal, names);
}

/** As a principal's `issuer` names it. Where the built-in one is, only its stack knows: it is whichever no other is. */
function issuerOf(iss: unknown, issuers: Config['issuers']): string {
  const openid = issuers.find((issuer) => issuer.kind === 'openid' && issuer.url === iss);
  return openid?.kind === 'openid' ? openid.url : 'builtin';
}

function parseObject(text: string): object {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}
