import {
  ApiMapping,
  DomainName,
  EndpointType,
  type HttpApi,
  type HttpStage,
  SecurityPolicy,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Construct } from 'constructs';

export interface TokenDomainProps {
  readonly api: HttpApi;
  readonly stage: HttpStage;
  readonly domainName: string;
  /** The server's certificate, in ACM of this region. */
  readonly certificateArn: string;
}

/** A name for the API that asks for no client certificate: what a principal proves there, it proves by its token. */
export class TokenDomain extends Construct {
  readonly domain: DomainName;

  constructor(scope: Construct, id: string, { api, stage, domainName, certificateArn }: TokenDomainProps) {
    super(scope, id);
    this.domain = new DomainName(this, 'Name', {
      domainName,
      certificate: Certificate.fromCertificateArn(this, 'Certificate', certificateArn),
      endpointType: EndpointType.REGIONAL,
      securityPolicy: SecurityPolicy.TLS_1_2,
    });
    const mapping = new ApiMapping(this, 'Mapping', { api, stage, domainName: this.domain });
    // By its name alone CloudFormation does not see that the stage has to be there first.
    mapping.node.addDependency(stage);
  }
}
