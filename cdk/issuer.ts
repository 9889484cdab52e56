import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { DISCOVERY_PATH, KEY_SET_PATH } from '../functions/issuer/answer-discovery.ts';
import { EdgehouseFunction } from './edgehouse-function.ts';
import { LoggedStage } from './http-stage.ts';

const PUBLIC = {
  id: 'AwsSolutions-APIG4',
  reason: 'Public keys are for everyone; the stage limits how often they are asked for.',
};

export interface IssuerProps {
  readonly bundle: string;
}

/** Whose tokens the authorizers of all regions believe: two public documents, and the keys that sign. */
export class Issuer extends Construct {
  readonly api: HttpApi;
  /** `iss` of its tokens, no slash at the end. */
  readonly url: string;
  /** Signs. */
  readonly activeKey: Key;
  /** Published beside the active one, so that it is known everywhere before it signs (or as long as its tokens live). */
  readonly otherKey: Key;
  readonly function: EdgehouseFunction;

  constructor(scope: Construct, id: string, props: IssuerProps) {
    super(scope, id);
    this.activeKey = signingKey(this, 'KeyA');
    this.otherKey = signingKey(this, 'KeyB');
    this.api = new HttpApi(this, 'Api', {
      description: 'edgehouse: the public keys of the token issuer',
      createDefaultStage: false,
    });
    this.url = this.api.apiEndpoint;
    this.function = new EdgehouseFunction(this, 'Documents', {
      bundle: props.bundle,
      description: 'Answers the discovery document and the key set of the token issuer',
      environment: {
        ISSUER_URL: this.url,
        ACTIVE_KEY: this.activeKey.keyArn,
        OTHER_KEY: this.otherKey.keyArn,
      },
      permissions: [
        new PolicyStatement({
          actions: ['kms:GetPublicKey'],
          resources: [this.activeKey.keyArn, this.otherKey.keyArn],
        }),
      ],
      memorySize: 256,
      timeout: Duration.seconds(10),
      logRetention: RetentionDays.ONE_MONTH,
    });
    const integration = new HttpLambdaIntegration('Documents', this.function.lambda);
    for (const path of [DISCOVERY_PATH, KEY_SET_PATH]) {
      const routes = this.api.addRoutes({ path, methods: [HttpMethod.GET], integration });
      for (const route of routes) Validations.of(route).acknowledge(PUBLIC);
    }
    // Authorizers ask once a container and then every few minutes; a burst of cold starts still fits.
    new LoggedStage(this, 'Default', { api: this.api, throttle: { rateLimit: 100, burstLimit: 200 } });
  }
}

/** The private half never leaves KMS. A key that is gone would make every token that it signed worthless, so it is kept. */
function signingKey(scope: Construct, id: string): Key {
  return new Key(scope, id, {
    description: 'edgehouse: signs access tokens',
    keySpec: KeySpec.RSA_2048,
    keyUsage: KeyUsage.SIGN_VERIFY,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
}
