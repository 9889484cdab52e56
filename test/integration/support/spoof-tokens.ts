import { type KeyObject, sign } from 'node:crypto';
import { type Sender, type Spoof, signed, unsignedBatch } from './spoof-batch.ts';
import { batchKeyOf, type KnownMaster } from './spoof-oracle-signature.ts';

type Members = Readonly<Record<string, unknown>>;

export interface Mint {
  readonly key: KeyObject;
  readonly header: Members;
  readonly claims: Members;
}

/** A token with the issuer's own signature, whatever it says: `undefined` leaves a member out. */
export function mintToken(
  { key, header, claims }: Mint,
  changes: { readonly header?: Members; readonly claims?: Members },
): string {
  const input = [
    { ...header, ...changes.header },
    { ...claims, ...changes.claims },
  ]
    .map(part)
    .join('.');
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`;
}

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** Header and claims of a token that is at hand. */
export function readToken(token: string): Omit<Mint, 'key'> {
  const [header, claims] = token
    .split('.', 2)
    .map((text): Members => JSON.parse(Buffer.from(text, 'base64url').toString()));
  return { header: header ?? {}, claims: claims ?? {} };
}

const CLAIMS = ['iss', 'aud', 'sub', 'client_id', 'iat', 'nbf', 'exp', 'jti', 'scope', 'cnf', 'constructor'] as const;
const MEMBERS = ['typ', 'alg', 'kid'] as const;

/** Forms of a member; what is `undefined` is not there. */
function formsOf(good: unknown): readonly (readonly [name: string, value: unknown])[] {
  const text = String(good);
  return [
    ['missing', undefined],
    ['null', null],
    ['true', true],
    ['false', false],
    ['a number', 7],
    ['zero', 0],
    ['a negative number', -1],
    ['a fraction', 1.5],
    ['the largest number', Number.MAX_VALUE],
    ['an empty text', ''],
    ['a blank', ' '],
    ['the same as text', text],
    ['the same, a blank behind', `${text} `],
    ['the same, a zero byte behind', `${text}\0`],
    ['the same in capitals', text.toUpperCase()],
    ['another text', 'another'],
    ['a lone surrogate', '\ud800'],
    ['text that is not ASCII', `${text}é`],
    ['a long text', 'a'.repeat(2_000)],
    ['a list of nothing', []],
    ['a list with it', [good]],
    ['a list with it and another', [good, 'another']],
    ['a list with it and a number', [good, 7]],
    ['a list in a list', [[good]]],
    ['an object of nothing', {}],
    ['an object with it', { value: good }],
  ];
}

/** Other values, among them those that must do. Times are seconds from now. */
function otherValues(now: number): ReadonlyMap<string, readonly unknown[]> {
  const at = (...seconds: readonly number[]) => seconds.map((second) => now + second);
  const values: Readonly<Record<string, readonly unknown[]>> = {
    iss: ['https://evil.example', 'http://127.0.0.1'],
    aud: ['https://edgehouse.internal/', 'https://EDGEHOUSE.internal/ingest'],
    sub: ['ew:1', 'ew:12346', 'ew:20002', 'ew:20003', 'ew:012345', 'EW:12345', 'constructor', 'web-edge'],
    client_id: ['ew:12346'],
    // The token of the matrix was made a moment ago and lives an hour; the most is a day.
    iat: at(-86_400, -90_000, 29, 30, 31, 3_600, 1_000_000),
    nbf: at(-86_400, 29, 30, 31, 3_600),
    exp: at(-3_600, -31, -30, -29, -1, 0, 86_300, 86_401, 100_000, 4_000_000_000),
    cnf: [
      { jkt: 'a' },
      { 'x5t#S256': 'A'.repeat(43) },
      { 'x5t#S256': '' },
      { 'x5t#S256': 7 },
      { 'x5t#S256': null },
      { 'x5t#S256': ['A'] },
    ],
    typ: ['JWT', 'application/at+jwt', 'AT+JWT', 'id+jwt', 'at+jwt;a=1'],
    alg: ['none', 'None', 'HS256', 'RS384', 'PS256', 'ES256', 'rs256'],
    kid: ['../../a', 'a', 'b', '0'],
  };
  return new Map(Object.entries(values));
}

/**
 * Every claim and member of the header in every form, signed by the issuer itself: what is refused is refused for what it says. Each
 * comes with the key of the token as it was, and with the key that belongs to it.
 */
export function spoofedTokens(sender: Sender, now: number, mint: Mint, master: KnownMaster): readonly Spoof[] {
  const others = otherValues(now);
  const changed = (place: 'header' | 'claims', name: string): readonly Spoof[] => {
    const forms = [
      ...formsOf(Object.hasOwn(mint[place], name) ? mint[place][name] : 'good'),
      ...(others.get(name) ?? []).map((value) => [JSON.stringify(value), value] as const),
    ];
    return forms.flatMap(([form, value]) => {
      const token = mintToken(mint, { [place]: { [name]: value } });
      const holder = { ...sender, token };
      return [
        { name: `${place} ${name}: ${form}, with the key of before`, request: signed(unsignedBatch(holder, now)) },
        {
          name: `${place} ${name}: ${form}, with its key`,
          request: signed(unsignedBatch({ ...holder, ...batchKeyOf(master, token) }, now)),
        },
      ];
    });
  };
  return [
    ...CLAIMS.flatMap((name) => changed('claims', name)),
    ...MEMBERS.flatMap((name) => changed('header', name)),
    ...forgedTokens(sender, now),
  ];
}

/** Without the issuer's key. */
function forgedTokens(sender: Sender, now: number): readonly Spoof[] {
  const [header = '', claims = '', signature = ''] = sender.token.split('.');
  const turned = Buffer.from(signature, 'base64url').map((byte, at) => (at === 100 ? byte ^ 1 : byte));
  const tokens = [
    ['a bit of its signature turned', `${header}.${claims}.${Buffer.from(turned).toString('base64url')}`],
    ['no signature', `${header}.${claims}.`],
    ['two parts', `${header}.${claims}`],
    ['four parts', `${sender.token}.${signature}`],
    ['its parts in another order', `${claims}.${header}.${signature}`],
    ['padding', `${sender.token}=`],
    ['Base64 instead of base64url', sender.token.replaceAll('-', '+').replaceAll('_', '/')],
    ['a byte of its claims', `${header}.${part({ ...readToken(sender.token).claims, sub: 'ew:12346' })}.${signature}`],
    ['its claims as a list', `${header}.${part([readToken(sender.token).claims])}.${signature}`],
    ['more than 8 KB', `${header}.${claims}.${'A'.repeat(8_000)}`],
  ] as const;
  return tokens.map(([name, token]) => ({
    name: `token: ${name}`,
    request: signed(unsignedBatch({ ...sender, token }, now)),
  }));
}
