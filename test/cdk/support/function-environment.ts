import type { FunctionName } from '../../../cdk/deployed-functions.ts';

const ISSUER_KEYS = ['ISSUER_KEYS_SECRET', 'ISSUER_KEY_A', 'ISSUER_KEY_B'];

/**
 * What each function reads from its environment, where Secrets Manager keeps the secrets and the built-in issuer makes the tokens: it
 * does not load without one of them, and the stack sets these and no others.
 */
export const ENVIRONMENT: Readonly<Record<FunctionName, readonly string[]>> = {
  authorizer: ['ISSUER_URL', 'KEY_SET_URL'],
  ingest: ['WRITER_SECRET', 'INSPECTOR_SECRET', 'SIGNING_MASTER_SECRET', 'SPOOL_KEY_SECRET', 'SPOOL_BUCKET'],
  replay: [
    'WRITER_SECRET',
    'INSPECTOR_SECRET',
    'SPOOL_KEY_SECRET',
    'SPOOL_BUCKET',
    'REPLAY_QUEUE_URL',
    'DEAD_LETTER_QUEUE_URL',
  ],
  issuer: ['ISSUER_URL', ...ISSUER_KEYS],
  rotation: ['ISSUER_URL', ...ISSUER_KEYS, 'SIGNING_MASTER_SECRET', 'EDGEGRID_SECRET'],
  'password-rotation': ['ADMIN_SECRET'],
};
