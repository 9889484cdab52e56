import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LateWrites } from '../../../../local/edgekv/late-writes.ts';

test('readers find the last write that is visible, and never an older one after a newer', () => {
  const write = fc.record({ after: fc.nat(5), delay: fc.nat(20), looks: fc.boolean() });
  fc.assert(
    fc.property(fc.array(write), (steps) => {
      const writes = new LateWrites();
      const made: { readonly visibleAt: number }[] = [];
      let now = 0;
      let seen = -1;
      for (const { after, delay, looks } of steps) {
        now += after;
        writes.put('place', String(made.length), now + delay);
        made.push({ visibleAt: now + delay });
        if (!looks) continue;

        const shown = writes.shown('place', now);

        const expected = made.findLastIndex(({ visibleAt }) => visibleAt <= now);
        expect(shown).toBe(expected < 0 ? undefined : String(expected));
        expect(expected).toBeGreaterThanOrEqual(seen);
        seen = expected;
        expect(writes.newest('place')).toBe(String(made.length - 1));
      }
    }),
  );
});
