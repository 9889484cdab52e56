import { BatchRefusedError } from '../../../../functions/shared/batch-refused-error.ts';

/** The code with which it refuses, or `taken`; anything else that it throws is thrown on. */
export function refusalCode(attempt: () => unknown): string {
  try {
    attempt();
  } catch (error) {
    if (error instanceof BatchRefusedError) return error.code;
    throw error;
  }
  return 'taken';
}
