/** What the front itself refuses, with the numeric code that a ClickHouse server has for it. */
export class FrontError extends Error {
  override readonly name = 'FrontError';
  /** ClickHouse's error code, `src/Common/ErrorCodes.cpp`. */
  readonly code: number;
  /** The code's name, e.g. `SYNTAX_ERROR`. */
  readonly type: string;

  constructor({ code, type }: ClickHouseCode, message: string) {
    super(message);
    this.code = code;
    this.type = type;
  }
}

export interface ClickHouseCode {
  readonly code: number;
  readonly type: string;
}

export const UNSUPPORTED_METHOD: ClickHouseCode = { code: 1, type: 'UNSUPPORTED_METHOD' };
export const NOT_IMPLEMENTED: ClickHouseCode = { code: 48, type: 'NOT_IMPLEMENTED' };
export const SYNTAX_ERROR: ClickHouseCode = { code: 62, type: 'SYNTAX_ERROR' };
export const UNKNOWN_COMPRESSION_METHOD: ClickHouseCode = { code: 89, type: 'UNKNOWN_COMPRESSION_METHOD' };
export const UNKNOWN_SETTING: ClickHouseCode = { code: 115, type: 'UNKNOWN_SETTING' };
export const UNKNOWN_USER: ClickHouseCode = { code: 192, type: 'UNKNOWN_USER' };
export const TOO_MANY_METHODS: ClickHouseCode = { code: 36, type: 'BAD_ARGUMENTS' };
export const ACCESS_DENIED: ClickHouseCode = { code: 497, type: 'ACCESS_DENIED' };
export const AUTHENTICATION_FAILED: ClickHouseCode = { code: 516, type: 'AUTHENTICATION_FAILED' };
