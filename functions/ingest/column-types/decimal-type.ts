import { asDouble, ExactNumber } from '../exact-number.ts';
import type { ColumnType, Encode } from './column-type-parts.ts';
import { plainType } from './column-type-parts.ts';

const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?$/;
const MOST_DIGITS = 76;
/** Decimal digits that a double holds, whatever they are. */
const SURELY_HELD = 15;

/**
 * `Decimal(precision, scale)`: a number or a decimal string. Digits that the scale cannot hold are refused, where ClickHouse's own
 * text formats drop them. @returns undefined where it is no such type
 */
export function decimalType(precision: number, scale: number): ColumnType | undefined {
  if (!(precision >= 1 && precision <= MOST_DIGITS && scale >= 0 && scale <= precision)) return undefined;
  const bits = precision <= 9 ? 32 : precision <= 18 ? 64 : precision <= 38 ? 128 : 256;
  const most = 10n ** BigInt(precision);
  const isShort = precision <= SURELY_HELD;
  // Beyond 10^22 a power of ten is no double.
  const factor = scale <= 22 ? 10 ** scale : Number.NaN;
  const surelyHeld = 10 ** Math.min(precision, SURELY_HELD);
  const encode: Encode = (given, out) => {
    const value = isShort ? asDouble(given) : given;
    if (typeof value === 'number') {
      // So few digits come back from a double as they were written, so no text is needed.
      const exact = Math.round(value * factor);
      if (Math.abs(exact) < surelyHeld && exact / factor === value) {
        if (bits === 32) out.int(exact, 4);
        else if (bits === 64) out.int64(exact);
        else out.bigInt(BigInt(exact), bits);
        return undefined;
      }
    }
    const unscaled = readUnscaled(textOf(value), scale);
    if (typeof unscaled === 'string') return unscaled;
    if (unscaled >= most || unscaled <= -most) return 'FIELD_RANGE';
    if (bits === 32) out.int(Number(unscaled), 4);
    else out.bigInt(unscaled, bits);
    return undefined;
  };
  return plainType(
    encode,
    `a decimal of ${precision} digits, ${scale} of them after the point, as a number or a string`,
    {
      digits: isShort ? 'none' : 'decimal',
      zeroBytes: bits / 8,
    },
  );
}

function textOf(value: unknown): string {
  // The shortest text of a double is the number as written, up to 15 digits; longer ones come as ExactNumber.
  if (typeof value === 'number') return String(value);
  if (value instanceof ExactNumber) return value.text;
  return typeof value === 'string' ? value : '';
}

function readUnscaled(text: string, scale: number): bigint | 'FIELD_TYPE' | 'FIELD_RANGE' {
  const form = NUMBER.exec(text);
  if (form === null) return text === 'Infinity' || text === '-Infinity' ? 'FIELD_RANGE' : 'FIELD_TYPE';
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = form;
  // The digits as one integer, and how many places the point has to move for the column's scale.
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  if (digits === '') return 0n;
  const shift = Number(exponent) - fraction.length + scale;
  if (digits.length + shift > MOST_DIGITS) return 'FIELD_RANGE';
  if (shift >= 0) return BigInt(`${sign}${digits}${'0'.repeat(shift)}`);
  const cut = digits.length + shift;
  if (/[1-9]/.test(digits.slice(Math.max(cut, 0)))) return 'FIELD_RANGE';
  return cut <= 0 ? 0n : BigInt(`${sign}${digits.slice(0, cut)}`);
}
