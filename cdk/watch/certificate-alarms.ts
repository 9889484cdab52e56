import { certificateArnIn, type DomainConfig } from '../../config/domain-schema.ts';
import type { Config } from '../../config/schema.ts';
import { type Alarm, tailLog, type Watched } from './alarm.ts';

const DAY_SECONDS = 86_400;
/** To get a certificate from a CA and to every sender. ACM renews its own 45 to 60 days before their end. */
const LEAST_DAYS = 30;

/** Do certificates end soon: the API's own, and those that callers show? */
export function certificateAlarms(watched: Watched): readonly Alarm[] {
  const { serverCertificates, certificatePrincipals, logGroups } = watched;
  return [
    ...Object.entries(serverCertificates).map(([domain, arn]) => serverCertificate(domain, arn)),
    ...certificatePrincipals.map((principal) => clientCertificate(principal, logGroups.authorizer)),
  ];
}

/** The server certificates of a region, by the names that they are for. */
export function serverCertificatesIn(domain: DomainConfig | undefined, region: string): Watched['serverCertificates'] {
  if (domain === undefined) return {};
  const names = [domain, ...(domain.mtls && domain.tokenDomain !== undefined ? [domain.tokenDomain] : [])];
  return Object.fromEntries(
    names.flatMap((named) => {
      const arn = certificateArnIn(named, region);
      return arn === undefined ? [] : [[named.name, arn] as const];
    }),
  );
}

/** The principals that do not come without a client certificate. One that only reads has none. */
export function certificatePrincipalsIn(principals: Config['principals']): readonly string[] {
  return Object.values(principals).flatMap(({ name, require, certificate }) =>
    require === 'token' || certificate === undefined ? [] : [name],
  );
}

function serverCertificate(domain: string, arn: string): Alarm {
  return {
    name: 'server-certificate',
    member: domain,
    title: `The certificate of ${domain} ends in less than ${LEAST_DAYS} days, or has ended.`,
    signal: {
      kind: 'metric',
      metric: { source: 'certificate', arn, name: 'DaysToExpiry' },
      statistic: 'Minimum',
    },
    // ACM tells it twice a day, and nothing any more of one that has ended.
    periodSeconds: DAY_SECONDS,
    fires: 'below',
    threshold: LEAST_DAYS,
    badPeriods: 1,
    ofPeriods: 1,
    missing: 'bad',
    cause: 'The DNS record by which ACM renews is gone, or the certificate was imported and nobody imports a new one.',
    firstCommand: `aws acm describe-certificate --certificate-arn ${arn} --query "Certificate.[Status,NotAfter,RenewalSummary]"`,
  };
}

function clientCertificate(principal: string, logGroup: string): Alarm {
  return {
    name: 'client-certificate',
    member: principal,
    title: `A client certificate that ${principal} shows ends in less than ${LEAST_DAYS} days.`,
    signal: {
      kind: 'metric',
      metric: {
        source: 'own',
        name: 'CertificateSecondsToExpiry',
        service: 'authorizer',
        dimensions: { principal },
      },
      statistic: 'Minimum',
    },
    periodSeconds: 3_600,
    fires: 'below',
    threshold: LEAST_DAYS * DAY_SECONDS,
    badPeriods: 1,
    ofPeriods: 1,
    // Nothing is said of one that lives for long.
    missing: 'good',
    cause: 'The certificate in the Akamai property, or of a partner, has not been renewed, or not everywhere.',
    firstCommand: tailLog(logGroup, '1h', `{ $.decision = "allow" && $.identity.principal = "${principal}" }`),
  };
}
