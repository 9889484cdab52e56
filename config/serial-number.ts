/**
 * A certificate's serial number in the one form in which two are compared: upper-case hex without colons or leading zeros. Some CAs
 * gave negative ones, in spite of RFC 5280 §4.1.2.2.
 *
 * @param hex as any tool prints it
 */
export function serialNumber(hex: string): string {
  return hex
    .replaceAll(':', '')
    .toUpperCase()
    .replace(/^(-?)0+(?=.)/, '$1');
}
