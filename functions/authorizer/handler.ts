import { config } from '#config';
import { required } from '../shared/environment.ts';
import { createPowertoolsTelemetry } from '../shared/powertools-telemetry.ts';
import { createAuthorize } from './authorize.ts';
import { createKeySetCache } from './key-set.ts';

const clock = Date.now;
const { telemetry, audit } = createPowertoolsTelemetry('authorizer');
const issuer = required(process.env, 'ISSUER_URL');
const keySetUrl = required(process.env, 'KEY_SET_URL');
const keySet = createKeySetCache({
  fetch,
  clock,
  onFailure: (error) => {
    telemetry.count('KeySetFetchFailed', 1);
    telemetry.warn(error.message, { code: error.code });
  },
});

export const handler = createAuthorize({
  config,
  issuers: config.issuers.map(({ audience, algorithms }) => ({ issuer, audience, algorithms })),
  keySetFor: (_issuer, kid) => keySet(keySetUrl, kid),
  clock,
  audit,
  telemetry,
});
