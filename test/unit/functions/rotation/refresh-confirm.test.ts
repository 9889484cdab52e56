import { describe, expect, test } from '@jest/globals';
import { confirmEdgeItems } from '../../../../functions/rotation/confirm-edge-items.ts';

const EDGE = { namespace: 'edgehouse', group: 'credentials' };
const NEW = { network: 'production', item: '12', value: '{"v":1,"token":"new"}' } as const;
const OLD = '{"v":1,"token":"old"}';

type Shown = (time: number, puts: number) => string | undefined;

interface ConfirmOptions {
  readonly signal?: AbortSignal;
  readonly putFails?: boolean;
  /** What a pause waits for besides. */
  readonly pauses?: () => Promise<void>;
}

/** EdgeKV shows what `shown` says at a time, in milliseconds since the push. */
async function confirm(
  shown: Shown,
  { signal = new AbortController().signal, putFails = false, pauses = async () => undefined }: ConfirmOptions = {},
) {
  let time = 0;
  let reads = 0;
  const puts: string[] = [];
  const unseen = await confirmEdgeItems([NEW], {
    edge: EDGE,
    edgeKv: {
      put: async (network, namespace, group, item, value) => {
        puts.push(`${network}/${namespace}/${group}/${item} ${value}`);
        if (putFails) throw new Error('canary');
      },
      get: async () => {
        reads++;
        return shown(time, puts.length);
      },
    },
    pause: async (milliseconds) => {
      time += milliseconds;
      await pauses();
    },
    signal,
  });
  return { unseen, puts, reads, time };
}

describe('reading back what was pushed', () => {
  test('ends as soon as it is seen', async () => {
    expect(await confirm(() => NEW.value)).toEqual({ unseen: [], puts: [], reads: 1, time: 1_000 });
  });

  test('knows it in whatever form EdgeKV writes its JSON', async () => {
    const { unseen } = await confirm(() => '{ "token": "new",\n "v": 1 }');

    expect(unseen).toEqual([]);
  });

  test.each([
    ['nothing at all', undefined],
    ['the item before', OLD],
    ['no JSON', 'canary'],
  ])('is patient for 10 s while %s is shown, and pushes nothing again', async (_what, before) => {
    const { unseen, puts, time } = await confirm((now) => (now < 10_000 ? before : NEW.value));

    expect({ unseen, puts, time }).toEqual({ unseen: [], puts: [], time: 10_000 });
  });

  test.each([1, 2])('pushes again what was lost %i times, until it is seen', async (losses) => {
    const { unseen, puts } = await confirm((_now, pushedAgain) => (pushedAgain >= losses ? NEW.value : OLD));

    expect(unseen).toEqual([]);
    expect(puts).toEqual(Array(losses).fill(`production/edgehouse/credentials/12 ${NEW.value}`));
  });

  test.each([false, true])('names what is not shown even then (the push again fails: %s)', async (putFails) => {
    const { unseen, puts, time } = await confirm(() => OLD, { putFails });

    expect(unseen).toEqual([NEW]);
    expect(puts).toHaveLength(2);
    expect(time).toBe(30_000);
  });

  test('takes an EdgeKV that cannot be read for one that does not show it', async () => {
    const { unseen } = await confirm(() => {
      throw new Error('canary');
    });

    expect(unseen).toEqual([NEW]);
  });

  test('asks nothing more when the function’s time is over', async () => {
    const { unseen, puts, reads } = await confirm(() => NEW.value, { signal: AbortSignal.abort() });

    expect({ unseen, puts, reads }).toEqual({ unseen: [NEW], puts: [], reads: 0 });
  });

  test('does not sit a pause out when the function’s time is over: what was pushed is still to be counted', async () => {
    const time = new AbortController();
    const pauses = () => {
      time.abort();
      return new Promise<void>(() => undefined);
    };

    const { unseen, puts, reads } = await confirm(() => OLD, { signal: time.signal, pauses });

    expect({ unseen, puts, reads }).toEqual({ unseen: [NEW], puts: [], reads: 0 });
  });
});
