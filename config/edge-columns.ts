// Where the value of a column comes from: an object with one member. Words of `geo` and `device` are members of the objects that Akamai
// gives (`request.userLocation`, `request.device`), but for `kind`.

export const GEO_MEMBERS = [
  'bandwidth',
  'city',
  'continent',
  'country',
  'dma',
  'latitude',
  'longitude',
  'networkType',
  'region',
  'timezone',
  'zipCode',
] as const;

export const DEVICE_MEMBERS = [
  'kind',
  'brandName',
  'isMobile',
  'isTablet',
  'isWireless',
  'marketingName',
  'mobileBrowser',
  'mobileBrowserVersion',
  'modelName',
  'os',
  'osVersion',
  'resolutionHeight',
  'resolutionWidth',
] as const;

/** Of any request; the rest is of one that is an event itself. */
export const VISITOR_REQUEST_MEMBERS = ['host', 'userAgent'] as const;
export const REQUEST_MEMBERS = [
  ...VISITOR_REQUEST_MEMBERS,
  'cpCode',
  'id',
  'method',
  'path',
  'query',
  'referrer',
  'scheme',
] as const;

/** Columns of `web_events` that the collector fills in. */
export const visitorColumns = {
  country: { geo: 'country' },
  region: { geo: 'region' },
  city: { geo: 'city' },
  device: { device: 'kind' },
  client_network: { client: 'ip' },
  user_agent: { request: 'userAgent' },
} as const;

/** Columns of `web_events` that the event of a request has, whichever handler sends it. */
export const requestColumns = {
  event_time: { timing: 'time' },
  path: { request: 'path' },
  query: { request: 'query' },
  method: { request: 'method' },
  host: { request: 'host' },
  referrer: { request: 'referrer' },
  ...visitorColumns,
  request_id: { request: 'id' },
  event_type: { constant: 'request' },
} as const;

/** Those that need the answer, and so `onClientResponse`. */
export const responseColumns = {
  status: { response: 'status' },
  bytes: { response: 'bytes' },
} as const;
