import type { Config } from '../config/schema.ts';
import { unknownName } from '../config/unknown-name.ts';
import type { CommandIo } from './command-io.ts';
import { parseTime } from './parse-time.ts';
import type { RevokeCommand } from './revoke-command.ts';

/** The tokens of this principal cannot be revoked so. */
export class RevocationError extends Error {
  override readonly name = 'RevocationError';
  readonly code = 'REVOCATION_REFUSED';
}

/**
 * `edgehouse revoke`: what to write into the configuration so that a principal's tokens of before some time are refused, and what to
 * do in which order. It writes nothing itself: the configuration is a program, its author's own, and reviewed as such.
 *
 * @throws UsageError, RevocationError
 */
export async function revoke({ principal, at }: RevokeCommand, io: Pick<CommandIo, 'out' | 'now'>): Promise<void> {
  const time = at === undefined ? io.now() : parseTime('--at', at, io.now());
  const { config } = await import('#config');
  for (const line of describeRevocation(config, principal, time, io.now())) io.out(line);
}

/**
 * @param time from when on tokens are good again, in milliseconds since the epoch
 * @param now the same
 * @throws RevocationError
 */
export function describeRevocation(
  { principals, regions, issuers }: Pick<Config, 'principals' | 'regions' | 'issuers'>,
  name: string,
  time: number,
  now: number,
): readonly string[] {
  const known = Object.hasOwn(principals, name) ? principals[name] : undefined;
  if (known === undefined) {
    throw new RevocationError(unknownName(['principals'], name, Object.keys(principals)).join(''));
  }
  if (known.require === 'certificate') {
    const next = 'Deny the certificate instead: edgehouse certificate FILE prints the line.';
    throw new RevocationError(`${name} has no token: a client certificate alone proves who it is. ${next}`);
  }
  if (known.claims === undefined && known.certificate === undefined) {
    throw new RevocationError(
      `${name} has neither claims nor a certificate: nothing that could be revoked. Expected a principal that sends. A reader loses its account when its read rules go.`,
    );
  }
  const [at, before] = [new Date(time).toISOString(), known.revokedBefore];
  if (before !== undefined && Date.parse(before) >= time) {
    throw new RevocationError(
      `${name} is revoked before ${before} already: expected a later time than that, saw ${at}.`,
    );
  }
  const place = /^[a-z]+$/.test(name) ? `principals.${name}` : `principals['${name}']`;
  const stack = `edgehouse-${regions[0]}`;
  const query = "Stacks[0].Outputs[?OutputKey=='RefreshFunctionName'].OutputValue";
  const refresh = `aws lambda invoke --region ${regions[0]} --function-name "$(aws cloudformation describe-stacks --region ${regions[0]} --stack-name ${stack} --query "${query}" --output text)" /dev/stdout`;
  const builtin = issuers.some((issuer) => issuer.kind === 'builtin');
  return [
    `1. In edgehouse.config.ts, ${before === undefined ? 'add' : 'put'} this line ${before === undefined ? `to ${place}` : `in place of the one of ${place}`}:`,
    '',
    `   revokedBefore: '${at}',`,
    '',
    builtin && time <= now
      ? '2. Give the EdgeWorkers tokens that are newer than that, so that none of them is refused when the line takes effect:'
      : '2. Have its senders get tokens that are newer than that, or they are refused when the line takes effect.',
    ...(builtin && time <= now ? ['', `   ${refresh}`] : []),
    '',
    '3. Deploy. It holds in each region once its functions are updated:',
    '',
    '   npm run deploy',
    '',
    `From then on a batch of ${name} whose token was issued before ${at} is answered 401, TOKEN_EXPIRED; edgehouse audit names the`,
    `rule ${name}.revokedBefore. What it sent before that time stays; what it sent since and still lies in the spool is not stored.`,
    ...(time > now ? [`That time lies ahead: until then every token of ${name} is refused.`] : []),
  ];
}
