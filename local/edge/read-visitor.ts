import type { HeaderList } from './header-list.ts';

/** Members of `request.userLocation` by the field of EdgeScape that they come from (EdgeScape Users Guide; types of EdgeWorkers). */
const LOCATION_FIELDS: Readonly<Record<string, string>> = {
  lat: 'latitude',
  long: 'longitude',
  continent: 'continent',
  country_code: 'country',
  region_code: 'region',
  city: 'city',
  zip: 'zipCode',
  dma: 'dma',
  timezone: 'timezone',
  network_type: 'networkType',
  bw: 'bandwidth',
  areacode: 'areaCodes',
  fips: 'fips',
};
const LISTS: ReadonlySet<string> = new Set(['areaCodes', 'fips']);
const TABLET = /ipad|tablet|playbook|silk(?!.*mobile)|android(?!.*mobile)/i;
const PHONE = /mobi|iphone|ipod|android|phone/i;

export type UserLocation = Readonly<Record<string, string | readonly string[]>>;

/** A small part of what Akamai's device data says. */
export interface Device {
  readonly isMobile: boolean;
  readonly isTablet: boolean;
  readonly isWireless: boolean;
}

export interface Visitor {
  readonly clientIp: string;
  readonly userLocation: UserLocation | undefined;
  readonly device: Device | undefined;
}

/**
 * Who sends a request. Takes the headers that say so out of the list: `x-forwarded-for` (its first entry; the front is on loopback, so
 * whoever connects is the traffic generator or a test) and `x-akamai-edgescape`, which stands in for Akamai's geo data.
 *
 * @param peer address of the socket
 */
export function readVisitor(headers: HeaderList, peer: string): Visitor {
  const forwarded = headers.get('x-forwarded-for')?.[0]?.split(',')[0]?.trim();
  const location = headers.get('x-akamai-edgescape')?.[0];
  const userAgent = headers.get('user-agent')?.[0];
  headers.remove('x-forwarded-for');
  headers.remove('x-akamai-edgescape');
  return {
    clientIp: forwarded === undefined || forwarded === '' ? peer.replace(/^::ffff:/, '') : forwarded,
    userLocation: location === undefined ? undefined : readLocation(location),
    device: userAgent === undefined ? undefined : readDevice(userAgent),
  };
}

/** @param edgescape `country_code=US,region_code=MA,city=CAMBRIDGE` */
export function readLocation(edgescape: string): UserLocation {
  const location: Record<string, string | readonly string[]> = {};
  for (const part of edgescape.split(',')) {
    const mark = part.indexOf('=');
    const field = part.slice(0, Math.max(0, mark)).trim();
    const value = part.slice(mark + 1).trim();
    const member = Object.hasOwn(LOCATION_FIELDS, field) ? LOCATION_FIELDS[field] : undefined;
    if (member === undefined || value === '') continue;
    location[member] = LISTS.has(member) ? value.split('+') : value;
  }
  return location;
}

export function readDevice(userAgent: string): Device {
  const isTablet = TABLET.test(userAgent);
  // "IS_TABLET. Boolean value, subset of IS_MOBILE" (Akamai, rule format v2026-01-09, criterion deviceCharacteristic).
  const isMobile = isTablet || PHONE.test(userAgent);
  return { isMobile, isTablet, isWireless: isMobile };
}
