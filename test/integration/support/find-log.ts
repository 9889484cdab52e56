import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../../..');

/** A real access log of 10,000 lines, where the machine has it. */
export const REAL_LOG = join(resolve(ROOT, process.env['EDGEHOUSE_DATA'] ?? '../shared/data'), 'apache-access.log');
export const hasRealLog = existsSync(REAL_LOG);
