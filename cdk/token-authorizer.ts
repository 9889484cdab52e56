import { HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { KEY_SET_PATH } from '../functions/issuer/answer-discovery.ts';
import { EdgehouseFunction } from './edgehouse-function.ts';

export interface TokenAuthorizerProps {
  readonly bundle: string;
  /** `iss` of the tokens that are believed. */
  readonly issuerUrl: string;
  /** The API has a domain that asks for client certificates. */
  readonly mtls: boolean;
}

/** Says who is asking, from the token and the client certificate. What they may do is decided by ingest, at every request. */
export class TokenAuthorizer extends Construct {
  readonly function: EdgehouseFunction;
  readonly authorizer: HttpLambdaAuthorizer;

  constructor(scope: Construct, id: string, props: TokenAuthorizerProps) {
    super(scope, id);
    this.function = new EdgehouseFunction(this, 'Verifier', {
      bundle: props.bundle,
      description: 'Verifies the access token of a sender',
      environment: { ISSUER_URL: props.issuerUrl, KEY_SET_URL: `${props.issuerUrl}${KEY_SET_PATH}` },
      memorySize: 256,
      // The gateway gives up after 10 s (http-api-quotas); a function that is cut off by its own limit says so in its log.
      timeout: Duration.seconds(5),
      // Audit lines: who was refused, a year and a month back.
      logRetention: RetentionDays.THIRTEEN_MONTHS,
    });
    this.authorizer = new HttpLambdaAuthorizer('Token', this.function.lambda, {
      responseTypes: [HttpLambdaResponseType.SIMPLE],
      // A certificate is no identity source: were an answer kept under the token, or under nothing, it would serve every certificate.
      // Without one, an answer proves identity only, so it may serve every stream for a while; ingest checks the expiry again.
      identitySource: props.mtls ? [] : ['$request.header.Authorization'],
      resultsCacheTtl: Duration.seconds(props.mtls ? 0 : 60),
    });
  }
}
