import {
  CustomDataIdentifier,
  DataIdentifier,
  DataProtectionPolicy,
  LogGroup,
  type RetentionDays,
} from 'aws-cdk-lib/aws-logs';
import { RemovalPolicy } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';

/**
 * What nothing of ours writes into a log, and what is masked there should it ever: by name, a regular expression. CloudWatch Logs takes
 * ten, of 200 characters each, and of symbols only `_ # = @ / ; , -`, the blank and those of the expression itself: neither quotes nor
 * colons nor brackets for groups ("Custom data identifier constraints"). What audit lines say must not fit, or nobody could read it.
 */
export const MASKED: Readonly<Record<string, string>> = {
  // Header and claims of every JWT are the base64url of `{"…`.
  AccessToken: 'eyJ[A-Za-z0-9_-]{8,}\\.eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{16,}',
  BearerToken: '[Bb]earer [A-Za-z0-9._/+=-]{16,}',
  // The header Signature: `edge=:<32 bytes in base64>:`.
  BatchSignature: 'edge=.[A-Za-z0-9+/]{43}=',
  // A member `key` of 32 bytes in base64url: batch keys in EdgeKV's items, masters and sealing keys in secrets.
  BatchKey: '[Kk]ey[^A-Za-z0-9]{1,8}[A-Za-z0-9_-]{43}[^A-Za-z0-9_-]',
  Password: '[Pp]assword[^A-Za-z0-9 ]{2,8}[^ ,]{8,}',
  ClientSecret: '[Cc]lient_?[Ss]ecret[^A-Za-z0-9]{1,8}[^ ,]{20,}',
  EdgeGridToken: 'akab-[a-z0-9]{8,}-[a-z0-9]{8,}',
  VaultToken: 'hv[bsr]\\.[A-Za-z0-9_-]{24,}',
  // In a URL, before its host. Not beyond a comma: an address of mail may be the next member after a URL.
  UrlPassword: '//[^/?# @,]{3,100}@',
};

/** A log group whose lines are kept so long, also when the stack goes, and in which credentials are masked for all who may not unmask. */
export function protectedLog(scope: Construct, id: string, retention: RetentionDays): LogGroup {
  const dataProtectionPolicy = new DataProtectionPolicy({
    name: 'edgehouse',
    description: 'Credentials',
    identifiers: [
      DataIdentifier.AWSSECRETKEY,
      DataIdentifier.OPENSSHPRIVATEKEY,
      DataIdentifier.PGPPRIVATEKEY,
      DataIdentifier.PKCSPRIVATEKEY,
      DataIdentifier.PUTTYPRIVATEKEY,
      ...Object.entries(MASKED).map(([name, regex]) => new CustomDataIdentifier(name, regex)),
    ],
  });
  return new LogGroup(scope, id, {
    retention,
    dataProtectionPolicy,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
}
