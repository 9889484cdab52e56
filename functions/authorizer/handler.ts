import { config } from '#config';
import { required } from '../shared/environment.ts';
import { createLambdaTelemetry } from '../shared/lambda-telemetry.ts';
import { createAuthorize } from './authorize.ts';
import { createKeySetCache } from './key-set.ts';
import { reportKeySets } from './report-key-sets.ts';
import { trustedIssuers } from './trusted-issuer.ts';

const clock = Date.now;
const { telemetry, audit } = createLambdaTelemetry('authorizer');
const builtin = { issuer: required(process.env, 'ISSUER_URL'), keySetUrl: required(process.env, 'KEY_SET_URL') };
const keySet = createKeySetCache({ fetch, clock, ...reportKeySets(telemetry) });

export const handler = createAuthorize({
  config,
  issuers: trustedIssuers(config.issuers, builtin),
  keySetFor: ({ keySetUrl }, kid) => keySet(keySetUrl, kid),
  clock,
  audit,
  telemetry,
});
