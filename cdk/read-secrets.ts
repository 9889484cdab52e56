import { PolicyStatement } from 'aws-cdk-lib/aws-iam';

/** The right to read these secrets, by ARN, and no others. */
export function readSecrets(arns: readonly string[]): PolicyStatement {
  return new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [...arns] });
}
