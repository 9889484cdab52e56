import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { type Truth, whole } from './read-truth.ts';
import { startDatabase, type TestDatabase } from './start-database.ts';
import { type Container, type Pipeline, startPipeline } from './start-pipeline.ts';

/** What the tests of a file find, each time they ask. */
export interface WarmPipeline {
  /** One for the file. */
  readonly database: () => TestDatabase;
  /** One for each test. */
  readonly pipeline: () => Pipeline;
  /** Of that pipeline; it knows the contract. */
  readonly container: () => Container;
}

/** What becomes of `MIXED` that is stored. */
export const EXACTLY_ONCE: Truth = { ledger: whole(2, 2), rows: [0, 2], refused: [1, 3] };

/** Starts a database for the tests of a file, and before each a pipeline with a warm container; ends them, too. */
export function useWarmPipeline(): WarmPipeline {
  let database: TestDatabase | undefined;
  let pipeline: Pipeline | undefined;
  let container: Container | undefined;

  beforeAll(async () => {
    database = await startDatabase();
  });
  afterAll(() => database?.stop());
  beforeEach(async () => {
    pipeline = await startPipeline(started(database));
    container = await pipeline.warmContainer();
  });
  afterEach(() => pipeline?.close());

  return {
    database: () => started(database),
    pipeline: () => started(pipeline),
    container: () => started(container),
  };
}

function started<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('It is not started: only tests may ask for it.');
  return part;
}
