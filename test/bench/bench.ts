import { parseArgs } from 'node:util';
import { BatchNotStoredError } from './batch-not-stored-error.ts';
import { benchJobs, type Job } from './bench-jobs.ts';
import type { Figure } from './figure.ts';
import { figureTables } from './figure-table.ts';
import { startBenchEngine } from './start-bench-engine.ts';
import { startIngest } from './start-ingest.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    short: { type: 'boolean', default: false },
    /** A part of the names of the figures that are wanted. */
    only: { type: 'string', default: '' },
  },
});

const engine = await startBenchEngine();
const ingest = startIngest(engine.account);
try {
  const figures = await measure();
  if (!options.json) console.log(figureTables(figures));
} finally {
  await ingest.close();
  await engine.stop();
}

async function measure(): Promise<readonly Figure[]> {
  const isWanted = (name: string) => name.includes(options.only);
  const jobs = benchJobs(engine, ingest, options.short).filter(({ names }) => names.some(isWanted));
  if (jobs.length === 0) throw new RangeError(`--only: no figure's name holds ${JSON.stringify(options.only)}.`);
  const figures: Figure[] = [];
  for (const job of jobs) {
    for (const figure of await run(job)) {
      if (!isWanted(figure.name)) continue;
      figures.push(figure);
      if (options.json) console.log(JSON.stringify(figure));
    }
  }
  return figures;
}

/** A batch that was not stored makes its own figures worthless, and not those of minutes before it. */
async function run(job: Job): Promise<readonly Figure[]> {
  try {
    return await job.run();
  } catch (error) {
    if (!(error instanceof BatchNotStoredError)) throw error;
    console.error(`Left out: ${job.names.join('; ')}. ${error.message}`);
    process.exitCode = 1;
    return [];
  }
}
