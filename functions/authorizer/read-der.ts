/** One element of DER (X.690): its tag, its content, and the offset of what follows it. */
export interface DerElement {
  /** The identifier octet; none of ours has a number above 30. */
  readonly tag: number;
  readonly content: Uint8Array;
  readonly end: number;
}

/** Universal tags that certificates use here. */
export const DER = {
  boolean: 0x01,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  sequence: 0x30,
} as const;

/** The bytes are not DER, or not of the form that was asked for. */
export class DerInvalidError extends Error {
  override readonly name = 'DerInvalidError';
  readonly code = 'DER_INVALID';
  readonly retryable = false;
  /** @param seen in a few words, nothing of the bytes */
  constructor(seen: string) {
    super(`This is not the DER that was expected: ${seen}. Have the certificate issued anew.`);
  }
}

/**
 * Reads the element at an offset: definite lengths in their shortest form only, as DER has them, so that no two readers can
 * disagree about where an element ends.
 *
 * @throws DerInvalidError
 */
export function readElement(bytes: Uint8Array, offset = 0): DerElement {
  const tag = bytes[offset];
  const first = bytes[offset + 1];
  if (tag === undefined || first === undefined) throw new DerInvalidError('an element is cut off');
  if ((tag & 0x1f) === 0x1f) throw new DerInvalidError('a tag number above 30');
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  const start = offset + 2 + lengthBytes;
  const length = lengthBytes === 0 ? first : longLength(bytes.subarray(offset + 2, start), lengthBytes);
  const end = start + length;
  if (end > bytes.length) throw new DerInvalidError('an element is cut off');
  return { tag, content: bytes.subarray(start, end), end };
}

/** The elements that fill these bytes. @throws DerInvalidError */
export function readElements(bytes: Uint8Array): readonly DerElement[] {
  const elements: DerElement[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const element = readElement(bytes, offset);
    elements.push(element);
    offset = element.end;
  }
  return elements;
}

/** The one element that fills these bytes, of this tag. @throws DerInvalidError */
export function readOnly(bytes: Uint8Array, tag: number): Uint8Array {
  const element = readElement(bytes);
  if (element.tag !== tag || element.end !== bytes.length)
    throw new DerInvalidError('another element, or more than one');
  return element.content;
}

/** `2.5.29.15` of an OBJECT IDENTIFIER's content. @throws DerInvalidError */
export function readObjectIdentifier(content: Uint8Array): string {
  const arcs: number[] = [];
  let arc = 0;
  let within = false;
  for (const byte of content) {
    if (!within && byte === 0x80) throw new DerInvalidError('an object identifier with a padded arc');
    arc = arc * 128 + (byte & 0x7f);
    if (!Number.isSafeInteger(arc)) throw new DerInvalidError('an object identifier with a huge arc');
    within = byte >= 0x80;
    if (within) continue;
    arcs.push(arc);
    arc = 0;
  }
  const [first, ...rest] = arcs;
  if (first === undefined || within) throw new DerInvalidError('an object identifier that is cut off');
  // X.690 §8.19.4: the first two arcs share a number.
  const root = Math.min(Math.floor(first / 40), 2);
  return [root, first - 40 * root, ...rest].join('.');
}

function longLength(octets: Uint8Array, expected: number): number {
  // Four octets are more than any header can carry; 0x80 alone is BER's indefinite form.
  if (expected === 0 || expected > 4 || octets.length < expected) throw new DerInvalidError('an unusable length');
  const length = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  if (length < 0x80 || octets[0] === 0) throw new DerInvalidError('a length that is not in its shortest form');
  return length;
}
