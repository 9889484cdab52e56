import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { ISSUER_KEYS_SECRET } from '../config/secret-names.ts';
import { DISCOVERY_PATH, KEY_SET_PATH } from '../functions/issuer/answer-discovery.ts';
import { formatIssuerKeys } from '../functions/shared/issuer-keys.ts';
import { EdgehouseFunction } from './edgehouse-function.ts';
import { LoggedStage } from './http-stage.ts';
import { keptNote } from './kept-secret.ts';
import { publish, type SigningKeys } from './sign-with.ts';

const PUBLIC = {
  id: 'AwsSolutions-APIG4',
  reason: 'Public keys are for everyone; the stage limits how often they are asked for.',
};

const NOTE = {
  name: ISSUER_KEYS_SECRET,
  purpose: 'which key of the token issuer signs',
  whyNotRotated:
    'It is no credential: it says which of two keys in KMS signs, and `edgehouse rotate issuer-key` writes it.',
};

export interface IssuerProps {
  readonly bundle: string;
}

/** Whose tokens the authorizers of all regions believe: two public documents, and the keys that sign. */
export class Issuer extends Construct {
  readonly api: HttpApi;
  /** `iss` of its tokens, no slash at the end. */
  readonly url: string;
  /** `edgehouse rotate issuer-key` changes which of them signs. */
  readonly keys: SigningKeys;
  readonly function: EdgehouseFunction;

  constructor(scope: Construct, id: string, props: IssuerProps) {
    super(scope, id);
    this.keys = {
      a: signingKey(this, 'KeyA').keyArn,
      b: signingKey(this, 'KeyB').keyArn,
      note: keptNote(this, 'Keys', NOTE, formatIssuerKeys({ active: 'a', roll: undefined })).attrId,
    };
    this.api = new HttpApi(this, 'Api', {
      description: 'edgehouse: the public keys of the token issuer',
      createDefaultStage: false,
    });
    this.url = this.api.apiEndpoint;
    const access = publish(this.keys);
    this.function = new EdgehouseFunction(this, 'Documents', {
      bundle: props.bundle,
      description: 'Answers the discovery document and the key set of the token issuer',
      environment: { ISSUER_URL: this.url, ...access.environment },
      permissions: access.permissions,
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
