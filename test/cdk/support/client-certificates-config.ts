import { parseConfig } from '../../../config/parse-config.ts';
import type { Config } from '../../../config/schema.ts';
import userConfig from '../../../edgehouse.config.ts';

export const EDGE_ID = 'spiffe://example.com/akamai/property';
export const PARTNER_ID = 'spiffe://example.com/partner';
/** Of the certificate that is denied, as a person writes it down. */
export const STOLEN_SERIAL = '00:5d:0f';

const { principals = {}, edge, tests: _tests, ...others } = userConfig;
const { 'web-edge': webEdge, 'web-collector': webCollector, analyst } = principals;
const writes = (source: string) => [{ write: ['web_events'], sources: [source] }];
const arn = (id: string) => `arn:aws:acm:us-east-1:123456789012:certificate/${id}`;

/**
 * The shipped config behind a domain with client certificates: EdgeWorkers through one property's certificate, a partner that has
 * nothing but a certificate, and an app that has nothing but a token.
 */
export const WITH_CLIENT_CERTIFICATES: Config = parseConfig({
  ...others,
  edge: { ...edge, edgeWorkerIds: [12345, 12346, 12347] },
  domain: {
    name: 'events.example.com',
    mtls: true,
    certificateArn: arn('one'),
    truststore: { bucket: 'example-truststore', key: 'clients.pem', version: 'aBc1' },
    tokenDomain: { name: 'tokens.example.com', certificateArn: arn('two') },
  },
  principals: {
    analyst,
    'web-edge': { ...webEdge, certificate: { spiffeId: EDGE_ID } },
    'web-collector': { ...webCollector, certificate: { spiffeId: EDGE_ID } },
    partner: {
      require: 'certificate',
      certificate: { spiffeId: PARTNER_ID },
      deniedCertificates: [{ issuer: 'CN=Example CA', serial: STOLEN_SERIAL }],
      allow: writes('partner/import'),
    },
    app: { require: 'token', claims: { sub: 'ew:12347' }, allow: writes('app') },
  },
});
