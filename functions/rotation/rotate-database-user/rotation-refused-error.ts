/** Why a step did nothing. Each is a state that trying again does not change. */
export type RotationRefusal =
  | 'rotation disabled'
  | 'version unknown'
  | 'version not pending'
  | 'no current version'
  | 'no pending value'
  | 'value malformed'
  | 'other user or host'
  | 'password not new'
  | 'user unknown'
  | 'administrator of another host'
  | 'user is the administrator'
  | 'current password refused'
  | 'pending password refused';

const WORDS: Readonly<Record<RotationRefusal, string>> = {
  'rotation disabled': 'its rotation is turned off. Turn it on, or take the schedule away',
  'version unknown': 'it has no version of the id that came with the step. Start a rotation with rotate-secret',
  'version not pending':
    'the version that came with the step is not labelled AWSPENDING. A newer rotation has taken its place; start another if you need one',
  'no current version': 'it has no value yet. Write {"url","username","password"} of the ClickHouse user into it',
  'no pending value':
    'the pending version has no value, which the step createSecret makes. Take its label AWSPENDING away and rotate again',
  'value malformed': 'a version of it is not {"url","username","password"} with three strings. Correct the secret',
  'other user or host':
    'the pending version is for another user or host than the current one. Take its label AWSPENDING away and rotate again',
  'password not new':
    'the pending version has the password of the current one. Take its label AWSPENDING away and rotate again',
  'user unknown':
    'its user is none of those that edgehouse.config.ts makes (`edgehouse grants print` shows them). Correct the secret or the config',
  'administrator of another host':
    'its host is not the one of the administrator secret. Correct whichever names the wrong service',
  'user is the administrator':
    'its user is the administrator, whose password this function needs and so cannot change. Rotate that by hand',
  'current password refused':
    'ClickHouse refuses its current password, so that it proves nothing about the user. Set a password by hand and write it into the secret',
  'pending password refused':
    'ClickHouse refuses its pending password. Rotate again; if it stays so, look for what else changes this user',
};

/** A step of a rotation was refused before it changed anything. */
export class RotationRefusedError extends Error {
  override readonly name = 'RotationRefusedError';
  readonly code = 'ROTATION_REFUSED';
  readonly retryable = false;
  readonly reason: RotationRefusal;
  constructor(secret: string, reason: RotationRefusal) {
    super(`Secret ${secret} was not rotated: ${WORDS[reason]}.`);
    this.reason = reason;
  }
}
