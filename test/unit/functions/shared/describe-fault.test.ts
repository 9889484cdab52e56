import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { StoreError } from '../../../../functions/ingest/batch-store.ts';
import { SpoolError } from '../../../../functions/shared/batch-spool.ts';
import { describeFault } from '../../../../functions/shared/describe-fault.ts';
import { ObjectTamperedError } from '../../../../functions/shared/sealed-object.ts';

describe('a fault in the log', () => {
  test.each([
    [new StoreError('Storing in hits', 241), 'StoreError', 'STORE_FAILED', 'code 241'],
    [new SpoolError('Reading an object'), 'SpoolError', 'SPOOL_FAILED', 'Reading an object failed'],
    [new ObjectTamperedError('spool/a', 'it is gone'), 'ObjectTamperedError', 'OBJECT_TAMPERED', 'it is gone'],
  ])('of ours is told by name, code and detail: %s', (fault, error, code, words) => {
    expect(describeFault(fault)).toEqual({ error, code, detail: expect.stringContaining(words) });
  });

  test('of ours does not tell its cause, which is somebody else’s', () => {
    const fault = new SpoolError('Reading an object', { cause: new Error('canary') });
    expect(JSON.stringify(describeFault(fault))).not.toContain('canary');
  });

  test('of others is told by name and code only', () => {
    expect(describeFault(new TypeError('canary'))).toEqual({ error: 'TypeError' });
    expect(describeFault(Object.assign(new Error('canary'), { code: '27', type: 'canary' }))).toEqual({
      error: 'Error',
      code: '27',
    });
  });

  test('that is no error is told by its type, whatever was thrown', () => {
    fc.assert(
      fc.property(fc.anything(), (thrown) => {
        expect(describeFault(thrown)).toEqual({ error: typeof thrown });
      }),
    );
  });
});
