/** An address that is not this machine's own was given where only the emulator may be. */
export class NotLoopbackError extends Error {
  override readonly name = 'NotLoopbackError';
  readonly code = 'NOT_LOOPBACK';

  constructor(origin: string) {
    super(
      `The emulator's address is ${origin}. Expected https:// and 127.0.0.1 with a port: anything else could be ` +
        'real AWS. Next: take the address that startMinistack() gives.',
    );
  }
}

const LOOPBACK = '127.0.0.1';

/**
 * The URL of an endpoint that can only be this machine. `localhost` is refused too: bucket and API names are put
 * before the host, and a name can be made to point anywhere.
 *
 * @param endpoint such as `https://127.0.0.1:4566`
 * @throws NotLoopbackError for every other host, for another scheme, without a port, and for what is no URL
 */
export function requireLoopback(endpoint: string): URL {
  const url = URL.parse(endpoint);
  // An address with credentials is never shown.
  if (url === null) throw new NotLoopbackError('not a URL');
  if (url.protocol !== 'https:' || url.hostname !== LOOPBACK || url.port === '' || url.username !== '') {
    throw new NotLoopbackError(`${url.protocol}//${url.host}`);
  }
  return url;
}
