// `npm run audit`: no installed package has a known hole of moderate severity or above, but for the exceptions of
// audit-exceptions.json, each with a reason and its last day. A registry that cannot be asked fails it too, unless
// `--may-be-offline` says that this may be.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { judgeAudit, parseExceptions, readReport } from './judge-audit.ts';

const exceptions = parseExceptions(readFileSync('.ci/audit-exceptions.json', 'utf8'));
const { stdout, error } = spawnSync('npm', ['audit', '--json'], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
if (error !== undefined) throw error;
const report = readReport(stdout);

if (typeof report === 'string') {
  console.log(`NOT AUDITED, nobody looked for known holes: ${report}`);
  if (!process.argv.includes('--may-be-offline')) process.exitCode = 1;
} else {
  const faults = judgeAudit(report, exceptions, Date.now());
  for (const fault of faults) console.log(fault);
  console.log(
    faults.length === 0 ? `audited: no known hole without one of ${exceptions.length} exceptions` : 'See SECURITY.md.',
  );
  if (faults.length > 0) process.exitCode = 1;
}
