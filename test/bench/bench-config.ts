import { parseConfig } from '../../config/parse-config.ts';
import type { Config } from '../../config/schema.ts';
import userConfig from '../../edgehouse.config.ts';
import { DATA_SETS, nullStream } from './data-sets.ts';

const STREAMS = DATA_SETS.flatMap(({ stream }) => [stream, nullStream(stream)]);

/** The shipped config with the streams of the bench, which its EdgeWorker may write. */
export const benchConfig: Config = parseConfig({
  ...userConfig,
  streams: Object.fromEntries(STREAMS.map((stream) => [stream, {}])),
  principals: {
    ...userConfig.principals,
    'web-edge': {
      claims: { sub: 'ew:12345' },
      allow: [{ write: STREAMS, sources: ['ew/12345/*'], trust: 'edge' }],
      // As long as a batch may wait at all, so that a busy machine makes a slow figure and not a failed run.
      limits: { patienceMs: 10_000 },
    },
  },
});
