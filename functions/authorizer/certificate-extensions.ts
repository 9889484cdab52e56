import { DER, type DerElement, DerInvalidError, readElements, readObjectIdentifier, readOnly } from './read-der.ts';

/** What a certificate's extensions say of its use (RFC 5280 §4.2.1). */
export interface CertificateExtensions {
  /** `cA` of the basic constraints. */
  readonly ca: boolean;
  /** It may sign certificates or revocation lists: `keyCertSign` or `cRLSign` of the key usage. */
  readonly signsOthers: boolean;
  /** The extended key usages by object identifier; none where the extension is absent. */
  readonly extendedKeyUsages: readonly string[];
  /** The URIs among the subject's alternative names. */
  readonly uris: readonly string[];
}

/** RFC 5280 §4.2.1: `clientAuth`. */
export const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

const KEY_USAGE = '2.5.29.15';
const SUBJECT_ALT_NAME = '2.5.29.17';
const BASIC_CONSTRAINTS = '2.5.29.19';
const EXTENDED_KEY_USAGE = '2.5.29.37';

/** `[3] EXPLICIT Extensions` of the TBSCertificate. */
const EXTENSIONS_TAG = 0xa3;
/** `[6] IA5String`, a uniformResourceIdentifier among GeneralNames. */
const URI_TAG = 0x86;
/** Each kind of a GeneralName in the one form that DER has for it: OpenSSL would read a URI in pieces (0xa6) as one too. */
const GENERAL_NAME_TAGS: readonly number[] = [0xa0, 0x81, 0x82, 0xa3, 0xa4, 0xa5, URI_TAG, 0x87, 0x88];
/** The first octet of KeyUsage: bit 5 keyCertSign, bit 6 cRLSign. */
const SIGNS_OTHERS = 0b0000_0110;

/**
 * Reads the extensions out of a certificate's DER. Read here because `X509Certificate` does not show them: its `keyUsage` is the
 * extended key usage, and its `ca` is false for a CA certificate whose key usage lacks keyCertSign (measured, Node 24.21).
 *
 * @throws DerInvalidError for what is not DER, and for an extension that is there twice
 */
export function readCertificateExtensions(certificate: Uint8Array): CertificateExtensions {
  const [tbs] = readElements(readOnly(certificate, DER.sequence));
  if (tbs?.tag !== DER.sequence) throw new DerInvalidError('a certificate without its signed part');
  const wrapped = readElements(tbs.content).find(({ tag }) => tag === EXTENSIONS_TAG);
  const extensions = wrapped === undefined ? NONE : readExtensions(wrapped.content);
  return {
    ca: readCa(extensions.get(BASIC_CONSTRAINTS)),
    signsOthers: readSignsOthers(extensions.get(KEY_USAGE)),
    extendedKeyUsages: readEach(extensions.get(EXTENDED_KEY_USAGE), [DER.objectIdentifier]).map(({ content }) =>
      readObjectIdentifier(content),
    ),
    // IA5String: what is not ASCII becomes a character that no URI has.
    uris: readEach(extensions.get(SUBJECT_ALT_NAME), GENERAL_NAME_TAGS)
      .filter(({ tag }) => tag === URI_TAG)
      .map(({ content }) => Buffer.from(content).toString('latin1')),
  };
}

type Extensions = ReadonlyMap<string, Uint8Array>;

const NONE: Extensions = new Map();

function readExtensions(content: Uint8Array): Extensions {
  const found = new Map<string, Uint8Array>();
  for (const { tag, content: extension } of readElements(readOnly(content, DER.sequence))) {
    const [id, ...rest] = tag === DER.sequence ? readElements(extension) : [];
    // `critical` stands between them where it is not the default.
    const value = rest.at(-1);
    if (id?.tag !== DER.objectIdentifier || value?.tag !== DER.octetString || rest.length > 2) {
      throw new DerInvalidError('an extension that is none');
    }
    const name = readObjectIdentifier(id.content);
    if (found.has(name)) throw new DerInvalidError(`the extension ${name} twice`);
    found.set(name, value.content);
  }
  return found;
}

function readCa(value: Uint8Array | undefined): boolean {
  if (value === undefined) return false;
  const [first] = readElements(readOnly(value, DER.sequence));
  // Any octet but 0 is true in BER; to be strict about it would be to call a CA a leaf.
  return first?.tag === DER.boolean && first.content.some((octet) => octet !== 0);
}

function readSignsOthers(value: Uint8Array | undefined): boolean {
  if (value === undefined) return false;
  // The first octet counts the unused bits at the end.
  const [, usages = 0] = readOnly(value, DER.bitString);
  return (usages & SIGNS_OTHERS) !== 0;
}

/** The elements of a SEQUENCE that may have these tags only. */
function readEach(value: Uint8Array | undefined, tags: readonly number[]): readonly DerElement[] {
  if (value === undefined) return [];
  const elements = readElements(readOnly(value, DER.sequence));
  if (!elements.every(({ tag }) => tags.includes(tag))) throw new DerInvalidError('an element that has no place there');
  return elements;
}
