import { finishRotation, retireOthers } from './finish-rotation.ts';
import { makePending } from './make-pending.ts';
import type { RotationRequest } from './rotation-event.ts';
import { RotationRefusedError } from './rotation-refused-error.ts';
import type { RotationTools } from './rotation-tools.ts';
import { setPassword } from './set-password.ts';
import { testPassword } from './test-password.ts';
import { versionState } from './user-versions.ts';

/** What a step came to. */
export type RotationOutcome =
  /** The step is done; after `finishSecret` the new password is the current one. */
  | 'done'
  /** The version was the current one already. */
  | 'already current'
  /** A test of a secret that nobody has written yet: a stack can be deployed before its database. */
  | 'unwritten';

/**
 * One step of the rotation of a ClickHouse password (docs.aws.amazon.com/secretsmanager, "Rotation function"). Each may come again, at
 * any time and beside itself: until the label moves the old password is the current one, then the new one, and both work meanwhile.
 *
 * @throws RotationRefusedError, RotationStoreError, UserDatabaseError, UserRightsWrongError
 */
export async function rotateDatabaseUser(
  { step, secret, token }: RotationRequest,
  tools: RotationTools,
): Promise<RotationOutcome> {
  const state = await versionState(tools.store, secret, token);
  if (state.kind === 'unwritten') {
    if (step === 'testSecret') return 'unwritten';
    throw new RotationRefusedError(secret, 'no current version');
  }
  if (state.kind === 'current') {
    if (step === 'finishSecret') await retireOthers(secret, token, tools);
    return 'already current';
  }
  const versions = { current: state.current, pending: token };
  switch (step) {
    case 'createSecret':
      await makePending(secret, versions, tools);
      return 'done';
    case 'setSecret':
      await setPassword(secret, versions, tools);
      return 'done';
    case 'testSecret':
      await testPassword(secret, versions, tools);
      return 'done';
    case 'finishSecret':
      await finishRotation(secret, versions, tools);
      return 'done';
    default:
      return step satisfies never;
  }
}
