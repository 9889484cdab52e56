/** Every form in which a secret may have been written down by somebody who did not know what it was. */
function formsOf(secret: string | Uint8Array): readonly string[] {
  const bytes = Buffer.from(secret);
  const texts = typeof secret === 'string' ? textForms(secret) : [];
  const hex = bytes.toString('hex');
  const base64 = [0, 1, 2].map((shift) => innerBase64(bytes, shift));
  const base64url = base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  return [...new Set([...texts, hex, hex.toUpperCase(), ...base64, ...base64url])].filter((form) => form.length >= 8);
}

function textForms(secret: string): readonly string[] {
  const json = inJson(secret);
  const url = encodeURIComponent(secret);
  const form = new URLSearchParams([['', secret]]).toString().slice(1);
  const lowerCase = (text: string) => text.replaceAll(/%[0-9A-F]{2}/g, (octet) => octet.toLowerCase());
  return [secret, json, inJson(json), json.replaceAll('/', '\\/'), url, lowerCase(url), form, lowerCase(form)];
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/**
 * The characters that do not depend on what stands around it, in the Base64 of a longer text. Such a text may hold the secret
 * after any number of bytes; only that number's rest by three matters.
 */
function innerBase64(bytes: Uint8Array, shift: number): string {
  const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
  const whole = (shift + bytes.length) % 3 === 0;
  return text.slice(shift === 0 ? 0 : 4, whole ? text.length : -4);
}

/** @returns the names of those secrets that are in the text in any encoding */
export function findSecrets(text: string, secrets: ReadonlyMap<string, string | Uint8Array>): readonly string[] {
  return [...secrets].filter(([, secret]) => formsOf(secret).some((form) => text.includes(form))).map(([name]) => name);
}
