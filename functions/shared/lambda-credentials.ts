import { fromEnv } from '@aws-sdk/credential-provider-env';

/**
 * In the place of the SDK's own chain of providers in every bundle (`cdk/bundle-function.ts`): Lambda hands a role's credentials over in
 * the environment (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html), and profiles, SSO and metadata services, which
 * the chain asks besides, were 111 of 650 kB of ingest.
 */
export const defaultProvider = fromEnv;
