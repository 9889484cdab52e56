import { clientNetwork, normalAddress } from './client-network.ts';
import { type KeyCache, makeMac } from './make-mac.ts';
import type { EdgePlatform, VisitorRequest } from './platform.ts';
import type { ClientIpRule } from './settings.ts';
import { toHex } from './uuid.ts';

/** Fewer characters than this are no key that would hold: 2^32 addresses are tried in a minute. */
const LEAST_KEY_CHARACTERS = 32;
const HASH_BYTES = 16;

/**
 * What the config lets an event say of the client's address; undefined for what is no address, and where the key of a hash is missing:
 * never more than was asked for.
 *
 * The key lies in a variable of the property, which stays until the property is changed. Credentials cannot give it: token and batch key
 * are new every few minutes, and with them the hash of one address would be another.
 */
export async function clientAddress(
  request: VisitorRequest,
  rule: ClientIpRule,
  platform: Pick<EdgePlatform, 'crypto' | 'encodeUtf8' | 'warn'>,
  keys: KeyCache = {},
): Promise<string | undefined> {
  const address = request.clientIp ?? '';
  if (rule === 'truncated') return clientNetwork(address);
  const normal = normalAddress(address);
  if (rule === 'full' || normal === undefined) return normal;
  const key = request.getVariable?.(rule.hashWith) ?? '';
  if (key.length < LEAST_KEY_CHARACTERS) {
    platform.warn(`client.ip is left out: ${rule.hashWith} has no ${LEAST_KEY_CHARACTERS} characters`);
    return undefined;
  }
  const { encodeUtf8 } = platform;
  // The words in front keep such a hash apart from any other use of the key.
  const message = encodeUtf8(`edgehouse client ip v1\n${normal}`);
  const mac = await makeMac(message, { text: key, read: encodeUtf8 }, 'address', keys, platform);
  return toHex(new Uint8Array(mac, 0, HASH_BYTES));
}
