const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;

/** The four steps of a rotation, in order; each is a call of its own, and may come again. */
export type RotationStep = (typeof STEPS)[number];

/** What Secrets Manager asks a rotation function to do. */
export interface RotationRequest {
  readonly step: RotationStep;
  /** ARN of the secret. */
  readonly secret: string;
  /** Id of the version that is to become the current one. */
  readonly token: string;
}

/** The function was called by something else than Secrets Manager, or by hand with a mistake. */
export class RotationEventInvalidError extends Error {
  override readonly name = 'RotationEventInvalidError';
  readonly code = 'ROTATION_EVENT_INVALID';
  readonly retryable = false;
  constructor() {
    super(
      `Expected an event {"Step","SecretId","ClientRequestToken"} with one of the steps ${STEPS.join(', ')}. ` +
        'Start a rotation with `aws secretsmanager rotate-secret`, not by calling the function.',
    );
  }
}

/** @throws RotationEventInvalidError */
export function parseRotationEvent(event: unknown): RotationRequest {
  const members = new Map(typeof event === 'object' && event !== null ? Object.entries(event) : []);
  const [secret, token] = [members.get('SecretId'), members.get('ClientRequestToken')];
  const step = STEPS.find((name) => name === members.get('Step'));
  if (step === undefined || !isName(secret) || !isName(token)) throw new RotationEventInvalidError();
  return { step, secret, token };
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
