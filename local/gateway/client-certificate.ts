import type { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { APIGatewayEventClientCertificate } from 'aws-lambda';

/** How a gateway with mutual TLS proves itself, and whom it believes. PEM, all of it. */
export interface GatewayTls {
  /** The server's own, with whatever leads up to its root. */
  readonly certificate: string;
  readonly privateKey: string;
  /** The CAs that may issue client certificates. */
  readonly truststore: string;
}

/**
 * The client certificate of a connection as API Gateway tells it: the leaf alone, names from the most special part to the most
 * general one, dates as OpenSSL prints them (developer guide, "Control access to HTTP APIs with AWS Lambda authorizers").
 *
 * @returns undefined where the connection has none, as behind a domain that does not ask for it
 */
export function clientCertificateOf(socket: Socket): APIGatewayEventClientCertificate | undefined {
  const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
  return certificate === undefined ? undefined : describe(certificate);
}

function describe(certificate: X509Certificate): APIGatewayEventClientCertificate {
  return {
    clientCertPem: certificate.toString(),
    subjectDN: distinguishedName(certificate.subject),
    issuerDN: distinguishedName(certificate.issuer),
    serialNumber: (certificate.serialNumber.match(/../g) ?? []).join(':').toLowerCase(),
    validity: { notBefore: certificate.validFrom, notAfter: certificate.validTo },
  };
}

/** @param lines of Node; undefined for a name without any part */
function distinguishedName(lines: string | undefined): string {
  return (lines ?? '').split('\n').reverse().join(',');
}
