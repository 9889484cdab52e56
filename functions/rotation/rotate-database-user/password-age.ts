import type { Clock } from '../../shared/clock.ts';
import { describeFault } from '../../shared/describe-fault.ts';
import type { Telemetry } from '../../shared/telemetry.ts';

/** When the current version of a secret was made, in milliseconds since the epoch; undefined where nobody has written it yet. */
export type CurrentSince = (secret: string) => Promise<number | undefined>;

/** @returns the secrets whose age a schedule asks for, by ARN; undefined where the event is something else */
export function parseAgeRequest(event: unknown): readonly string[] | undefined {
  const members = new Map(typeof event === 'object' && event !== null ? Object.entries(event) : []);
  const secrets: unknown = members.get('ageOf');
  if (!Array.isArray(secrets)) return undefined;
  const named = secrets.filter((secret): secret is string => typeof secret === 'string');
  return named.length === secrets.length ? named : undefined;
}

/**
 * Says how old the oldest password is. A rotation that never starts, because its schedule or its function is gone, reports no failure:
 * only the age shows it, and CloudWatch cannot wait for a heartbeat longer than a week.
 */
export async function reportPasswordAge(
  secrets: readonly string[],
  {
    currentSince,
    clock,
    telemetry,
  }: { readonly currentSince: CurrentSince; readonly clock: Clock; readonly telemetry: Telemetry },
): Promise<void> {
  const now = clock();
  let oldest = now;
  for (const secret of secrets) {
    try {
      oldest = Math.min(oldest, (await currentSince(secret)) ?? now);
    } catch (error) {
      telemetry.warn('The age of a ClickHouse password is not known', { secret, ...describeFault(error) });
      throw error;
    }
  }
  telemetry.count('PasswordAge', Math.floor((now - oldest) / 1000));
}
