import type { Alarm, Watched } from './alarm.ts';
import { apiAlarms } from './api-alarms.ts';
import { certificateAlarms } from './certificate-alarms.ts';
import { credentialAlarms } from './credential-alarms.ts';
import { flowAlarms } from './flow-alarms.ts';
import { functionAlarms } from './function-alarms.ts';
import { identityAlarms } from './identity-alarms.ts';
import { ledgerAlarms } from './ledger-alarms.ts';
import { refusalAlarms } from './refusal-alarms.ts';
import { secretAlarms } from './secret-alarms.ts';
import { spoolAlarms } from './spool-alarms.ts';

/**
 * Every alarm of a stack but the one that wakes (page.ts). docs/runbook.md has a section for each name; a test holds list, runbook and
 * metrics together.
 */
export function listAlarms(watched: Watched): readonly Alarm[] {
  return [
    ...apiAlarms(watched),
    ...flowAlarms(watched),
    ...identityAlarms(watched),
    ...refusalAlarms(watched),
    ...spoolAlarms(watched),
    ...ledgerAlarms(watched),
    ...credentialAlarms(watched),
    ...certificateAlarms(watched),
    ...secretAlarms(watched),
    ...functionAlarms(watched),
  ];
}
