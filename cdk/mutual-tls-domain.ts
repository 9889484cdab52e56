import {
  ApiMapping,
  DomainName,
  EndpointType,
  type HttpApi,
  type HttpStage,
  SecurityPolicy,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Truststore } from '../config/domain-schema.ts';

export interface MutualTlsDomainProps {
  /** Has the address that AWS gives it switched off: there, nobody would be asked for a certificate. */
  readonly api: HttpApi;
  readonly stage: HttpStage;
  readonly domainName: string;
  /** The server's certificate, in ACM of this region. */
  readonly certificateArn: string;
  /** Whom to believe. */
  readonly truststore: Truststore;
}

/** A name for the API that lets nobody in without a client certificate which a CA of the truststore vouches for. */
export class MutualTlsDomain extends Construct {
  readonly domain: DomainName;

  constructor(scope: Construct, id: string, props: MutualTlsDomainProps) {
    super(scope, id);
    const { api, stage, domainName, certificateArn, truststore } = props;
    this.domain = new DomainName(this, 'Name', {
      domainName,
      certificate: Certificate.fromCertificateArn(this, 'Certificate', certificateArn),
      endpointType: EndpointType.REGIONAL,
      securityPolicy: SecurityPolicy.TLS_1_2,
      // With its version: API Gateway reads the file once, when this very text changes (aws-cdk issue 30859).
      mtls: {
        bucket: Bucket.fromBucketName(this, 'Truststore', truststore.bucket),
        key: truststore.key,
        version: truststore.version,
      },
    });
    const mapping = new ApiMapping(this, 'Mapping', { api, stage, domainName: this.domain });
    // By its name alone CloudFormation does not see that the stage has to be there first.
    mapping.node.addDependency(stage);
  }
}
