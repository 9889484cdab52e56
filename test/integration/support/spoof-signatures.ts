import {
  type Component,
  componentsOf,
  headerOf,
  hmac,
  parametersOf,
  type Sender,
  type SignatureForm,
  type Spoof,
  signatureBase,
  signatureParams,
  signed,
  type UnsignedBatch,
  unsignedBatch,
  withHeader,
} from './spoof-batch.ts';
import { batchKeyOf, type KnownMaster } from './spoof-oracle-signature.ts';

interface Forger {
  readonly sender: Sender;
  readonly now: number;
  readonly master: KnownMaster;
}

/** Signatures that another verifier of RFC 9421 may take: each is made with the right key over what it says that it covers. */
export function spoofedSignatures(forger: Forger): readonly Spoof[] {
  return [
    ...spoofedComponents(forger),
    ...spoofedParameters(forger),
    ...spoofedWindow(forger),
    ...spoofedLabels(forger),
    ...spoofedKeys(forger),
    ...spoofedMacs(forger),
  ];
}

function formed({ sender, now }: Forger, name: string, form: (batch: UnsignedBatch) => SignatureForm): Spoof {
  const batch = unsignedBatch(sender, now);
  return { name: `signature: ${name}`, request: signed(batch, form(batch)) };
}

const MORE_COMPONENTS: readonly Component[] = [
  ['"@authority"', 'localhost'],
  ['"@scheme"', 'http'],
  ['"@target-uri"', 'http://localhost/v1/streams/web_events/batches'],
  ['"@request-target"', '/v1/streams/web_events/batches'],
  ['"@query"', '?'],
  ['"@query-param";name="a"', ''],
  ['"authorization"', 'Bearer x'],
  ['"content-length"', '1'],
  ['"content-encoding"', 'gzip'],
  ['"date"', 'Tue, 20 Apr 2021 02:07:55 GMT'],
  ['"x-empty"', ''],
];

function spoofedComponents(forger: Forger): readonly Spoof[] {
  const good = componentsOf(unsignedBatch(forger.sender, forger.now));
  const listed = (name: string, change: (components: readonly Component[]) => readonly Component[]): Spoof =>
    formed(forger, name, (batch) => ({ components: change(componentsOf(batch)) }));
  const each = good.map(([identifier], at) => ({ identifier, at }));
  return [
    listed('no component', () => []),
    listed('components reversed', (components) => components.toReversed()),
    ...each.flatMap(({ identifier, at }) => [
      listed(`without ${identifier}`, (components) => components.toSpliced(at, 1)),
      listed(`${identifier} twice`, (components) => components.toSpliced(at, 0, ...components.slice(at, at + 1))),
      listed(`${identifier} first`, (components) => [...components.slice(at), ...components.slice(0, at)]),
      listed(`${identifier} last`, (components) => [...components.toSpliced(at, 1), ...components.slice(at, at + 1)]),
      listed(`only ${identifier}`, (components) => components.slice(at, at + 1)),
      ...[';sf', ';bs', ';req', ';tr', ';key="a"'].map((parameter) =>
        listed(`${identifier}${parameter}`, (components) =>
          components.map(([name, value], place) => [place === at ? name + parameter : name, value]),
        ),
      ),
      listed(`${identifier} in capitals`, (components) =>
        components.map(([name, value], place) => [place === at ? name.toUpperCase() : name, value]),
      ),
      listed(`${identifier} as a token`, (components) =>
        components.map(([name, value], place) => [place === at ? name.replaceAll('"', '') : name, value]),
      ),
    ]),
    ...each
      .slice(1)
      .map(({ identifier, at }) =>
        listed(`${identifier} before its neighbour`, (components) => [
          ...components.slice(0, at - 1),
          ...components.slice(at, at + 1),
          ...components.slice(at - 1, at),
          ...components.slice(at + 1),
        ]),
      ),
    ...MORE_COMPONENTS.flatMap((component) => [
      listed(`${component[0]} more, in front`, (components) => [component, ...components]),
      listed(`${component[0]} more, behind`, (components) => [...components, component]),
    ]),
  ];
}

function spoofedParameters(forger: Forger): readonly Spoof[] {
  const { now } = forger;
  const set = (name: string, change: (parameters: readonly string[]) => readonly string[]): Spoof =>
    formed(forger, name, (batch) => ({ parameters: change(parametersOf(batch)) }));
  const more = [
    'alg="hmac-sha256"',
    'alg="none"',
    `expires=${now + 60}`,
    'nonce="a"',
    'tag="edgehouse"',
    `created=${now}`,
    'keyid="1.a"',
    'a',
    'a=?1',
  ];
  const orders = [
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ];
  const replaced = [
    [0, `created=${now}.0`],
    [0, `created="${now}"`],
    [0, `created=+${now}`],
    [0, `created=-${now}`],
    [0, `created=0${now}`],
    [0, `created=@${now}`],
    [0, 'created'],
    [0, 'created=9999999999999999'],
    [2, 'tag=edgehouse'],
    [2, 'tag="Edgehouse"'],
    [2, 'tag="edgehouse "'],
    [2, 'tag=""'],
    [2, 'tag="other"'],
  ] as const;
  return [
    set('no parameter', () => []),
    ...['created', 'keyid', 'tag'].map((name, at) => set(`without ${name}`, (all) => all.toSpliced(at, 1))),
    ...orders.map((order) => set(`parameters as ${order}`, (all) => order.map((at) => all[at] ?? ''))),
    ...more.flatMap((parameter) => [
      set(`${parameter} more, in front`, (all) => [parameter, ...all]),
      set(`${parameter} more, behind`, (all) => [...all, parameter]),
    ]),
    ...replaced.map(([at, parameter]) => set(parameter, (all) => all.with(at, parameter))),
    ...[' created', ' keyid', ' tag'].map((name, at) =>
      set(`a blank before${name}`, (all) => all.with(at, ` ${all[at]}`)),
    ),
  ];
}

/** `created` in [now − 300 s, now + 60 s]: a second on each side of both ends, and far off. */
function spoofedWindow({ sender, now }: Forger): readonly Spoof[] {
  return [-301, -300, -299, 0, 59, 60, 61, -86_400, 86_400, -now].map((seconds) => ({
    name: `signature: created ${seconds} s from now`,
    request: signed(unsignedBatch(sender, now + seconds)),
  }));
}

function spoofedLabels(forger: Forger): readonly Spoof[] {
  const { sender, now } = forger;
  const both = (name: string, join: (value: string) => readonly string[]): Spoof => {
    const batch = signed(unsignedBatch(sender, now));
    const input = withHeader(batch, 'signature-input', ...join(headerOf(batch, 'signature-input')));
    return {
      name: `signature: ${name}`,
      request: withHeader(input, 'signature', ...join(headerOf(batch, 'signature'))),
    };
  };
  const as = (label: string) => (value: string) => value.replace('edge=', `${label}=`);
  return [
    ...['sig1', 'Edge', 'edge2', '*', 'e', 'edgehouse'].map((label) =>
      formed(forger, `label ${label}`, () => ({ label })),
    ),
    both('a second label behind', (value) => [`${value}, ${as('sig1')(value)}`]),
    both('a second label in front', (value) => [`${as('sig1')(value)}, ${value}`]),
    both('a second label in a line of its own', (value) => [value, as('sig1')(value)]),
    both('the same label twice', (value) => [`${value}, ${value}`]),
    both('the label of the other header missing', (value) => [value.startsWith('edge=(') ? value : as('sig1')(value)]),
    both('a blank before the equals sign', (value) => [value.replace('edge=', 'edge =')]),
    both('a blank behind the equals sign', (value) => [value.replace('edge=', 'edge= ')]),
  ];
}

/** Keys and key ids of other versions, other tokens, and nobody. */
function spoofedKeys({ sender, now, master }: Forger): readonly Spoof[] {
  const next = batchKeyOf({ version: master.version + 1, key: master.key }, sender.token);
  const strange = batchKeyOf({ version: master.version, key: Buffer.alloc(32, 7) }, sender.token);
  const elsewhere = batchKeyOf(master, `${sender.token}x`);
  const pairs = [
    ['the key of a version that is not in force', next.key, next.keyId],
    ['the keyid of a version that is not in force', sender.key, next.keyId],
    ['the key of another master', strange.key, strange.keyId],
    ['the key of another token', elsewhere.key, elsewhere.keyId],
    ['the keyid of another token', sender.key, elsewhere.keyId],
    ['the master itself', Buffer.from(master.key), sender.keyId],
    ['an empty key', Buffer.alloc(0), sender.keyId],
    ['a key of zeros', Buffer.alloc(32), sender.keyId],
    ['the token as key', Buffer.from(sender.token), sender.keyId],
    ['the key as text', Buffer.from(sender.key.toString('base64url')), sender.keyId],
    ['an empty keyid', sender.key, ''],
    ['a keyid without version', sender.key, sender.keyId.replace(/^\d+\./, '')],
    ['a version with a zero in front', sender.key, `0${sender.keyId}`],
    ['a longer keyid', sender.key, `${sender.keyId}x`],
    ['a shorter keyid', sender.key, sender.keyId.slice(0, -1)],
    ['an escape in the keyid', sender.key, sender.keyId.replace('.', '\\.')],
    ['a keyid of a principal’s own key', sender.key, 'p.web-edge.1'],
    ['a very long keyid', sender.key, 'a'.repeat(2_000)],
  ] as const;
  return pairs.map(([name, key, keyId]) => ({
    name: `signature: ${name}`,
    request: signed({ ...unsignedBatch(sender, now), key, keyId }),
  }));
}

/** Spellings of the right MAC, and MACs over something else. */
function spoofedMacs({ sender, now }: Forger): readonly Spoof[] {
  const spelt = (name: string, change: (mac: string, batch: UnsignedBatch) => string): Spoof => {
    const batch = signed(unsignedBatch(sender, now));
    const mac = headerOf(batch, 'signature').slice('edge=:'.length, -1);
    return { name: `signature: ${name}`, request: withHeader(batch, 'signature', change(mac, batch)) };
  };
  const over = (batch: UnsignedBatch, change: (base: string) => string): string => {
    const components = componentsOf(batch);
    const params = signatureParams(components, parametersOf(batch));
    return `edge=:${hmac(batch.key, change(signatureBase(components, params)))}:`;
  };
  // The last character of a MAC in Base64 has two bits that mean nothing.
  const loose = (mac: string): string =>
    `${mac.slice(0, -2) + String.fromCharCode(mac.charCodeAt(mac.length - 2) + 1)}=`;
  return [
    spelt('without padding', (mac) => `edge=:${mac.replace('=', '')}:`),
    spelt('more padding', (mac) => `edge=:${mac}=:`),
    spelt('unused bits set', (mac) => `edge=:${loose(mac)}:`),
    spelt('in base64url', (mac) => `edge=:${mac.replaceAll('+', '-').replaceAll('/', '_')}-:`),
    spelt('in hex', (mac) => `edge=:${Buffer.from(mac, 'base64').toString('hex')}:`),
    spelt('without colons', (mac) => `edge=${mac}`),
    spelt('with a parameter', (mac) => `edge=:${mac}:;a=1`),
    spelt('its first 16 bytes', (mac) => `edge=:${Buffer.from(mac, 'base64').subarray(0, 16).toString('base64')}:`),
    spelt(
      'a byte more',
      (mac) => `edge=:${Buffer.concat([Buffer.from(mac, 'base64'), Buffer.alloc(1)]).toString('base64')}:`,
    ),
    spelt('in a list', (mac) => `edge=(:${mac}:)`),
    spelt('over CR LF', (_mac, batch) => over(batch, (base) => base.replaceAll('\n', '\r\n'))),
    spelt('over a line feed at the end', (_mac, batch) => over(batch, (base) => `${base}\n`)),
    spelt('over nothing', (_mac, batch) => over(batch, () => '')),
    spelt('over the parameters alone', (_mac, batch) => over(batch, (base) => base.split('\n').at(-1) ?? '')),
  ];
}
