import type { Alarm, Watched } from './alarm.ts';
import { credentialAlarms } from './credential-alarms.ts';
import { flowAlarms } from './flow-alarms.ts';
import { functionAlarms } from './function-alarms.ts';
import { identityAlarms } from './identity-alarms.ts';
import { secretAlarms } from './secret-alarms.ts';
import { spoolAlarms } from './spool-alarms.ts';

/** Every alarm of a stack. docs/runbook.md has a section for each name; a test holds list, runbook and metrics together. */
export function listAlarms(watched: Watched): readonly Alarm[] {
  return [
    ...flowAlarms(watched),
    ...identityAlarms(watched),
    ...spoolAlarms(watched),
    ...credentialAlarms(watched),
    ...secretAlarms(watched),
    ...functionAlarms(watched),
  ];
}
