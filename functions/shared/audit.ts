import type { BatchCode, IdentityCode } from './codes.ts';
import type { ProvenIdentity } from './identity.ts';

/** One line per authorizer evaluation (design §3.7). Never a token, key, signature or certificate. */
export interface IdentityAudit {
  readonly audit: 'identity';
  readonly time: string;
  readonly requestId: string;
  readonly decision: 'allow' | 'deny' | 'error';
  /** Where nothing could be decided, why; absent there for what is no known fault. */
  readonly code?: IdentityCode | 'KEY_SET_UNAVAILABLE';
  /** Why, in words; holds no value of the caller's beyond the claims named here. */
  readonly detail?: string;
  readonly policyHash: string;
  readonly identity: ProvenIdentity;
  /** Our clock less the token's, in seconds, where a time claim was refused, or taken only within the tolerance. */
  readonly skewSeconds?: number;
  readonly latencyMs: number;
}

/** One line per ingest request. Never a row value. */
export interface BatchAudit {
  readonly audit: 'batch';
  readonly time: string;
  readonly requestId: string;
  readonly decision: 'allow' | 'deny' | 'error';
  readonly status: number;
  readonly outcome: 'stored' | 'spooled' | 'quarantined' | 'refused' | 'unavailable';
  readonly code?: BatchCode;
  readonly rule?: string;
  readonly policyHash: string;
  readonly identity: ProvenIdentity;
  readonly stream: string;
  readonly source?: string;
  readonly region: string;
  readonly batchId?: string;
  readonly digest?: string;
  readonly rowsDeclared?: number;
  readonly rowsStored?: number;
  readonly rowsRefused?: number;
  readonly bytes?: number;
  readonly latencyMs: number;
  readonly queryIds?: readonly string[];
  /** ClickHouse's numeric error code. */
  readonly clickhouseCode?: number;
}

/** One line per attempt to store a batch from the spool. Never a row value. */
export interface ReplayAudit {
  readonly audit: 'replay';
  readonly time: string;
  readonly requestId: string;
  /** `gone`: nothing lies there any more, an earlier replay has stored it. `dead`: it waits for a person. */
  readonly outcome: 'stored' | 'gone' | 'waiting' | 'dead';
  /** Name of the spool object. */
  readonly object: string;
  /** Times the message has been received, this one included. */
  readonly receives: number;
  readonly code?: string;
  readonly policyHash: string;
  readonly principal?: string;
  readonly stream?: string;
  readonly source?: string;
  readonly batchId?: string;
  readonly digest?: string;
  /** The ingest request that spooled it. */
  readonly spooledBy?: string;
  readonly rowsStored?: number;
  readonly rowsRefused?: number;
  /** Of the refused rows, those that validation had taken: ClickHouse refused them, with `clickhouseCode`. */
  readonly rowsMissed?: number;
  /** Seconds since the batch was received. */
  readonly ageSeconds?: number;
  readonly clickhouseCode?: number;
}

export type AuditLine = IdentityAudit | BatchAudit | ReplayAudit;

/** Takes audit lines: standard output on Lambda, a file in the local stack. */
export type Audit = (line: AuditLine) => void;
