import { describeFault } from '../../shared/describe-fault.ts';
import type { Telemetry } from '../../shared/telemetry.ts';
import type { RotationOutcome } from './rotate-database-user.ts';
import type { RotationRequest } from './rotation-event.ts';

/**
 * Runs a step and counts a rotation that has come to its end. A failure is counted, said and thrown on, for Secrets Manager to try
 * again.
 */
export async function observeRotation(
  { step, secret }: RotationRequest,
  run: () => Promise<RotationOutcome>,
  telemetry: Telemetry,
): Promise<void> {
  try {
    const outcome = await run();
    if (outcome === 'unwritten') telemetry.warn('A secret has no value yet, so there is nothing to rotate', { secret });
    if (step === 'finishSecret' && outcome === 'done') telemetry.count('RotationSucceeded', 1);
  } catch (error) {
    telemetry.count('RotationFailed', 1);
    telemetry.warn('A ClickHouse password could not be rotated', { step, secret, ...describeFault(error) });
    throw error;
  }
}
