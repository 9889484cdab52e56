import type { CreateClient } from './api.ts';
import { createBatchQueue } from './batch-queue.ts';
import { thisPage } from './this-page.ts';

export type * from './api.ts';

export const createClient: CreateClient = (options = {}) => createBatchQueue(options, thisPage());
