import { describe, expect, test } from '@jest/globals';
import { type ClaimMapping, RFC_9068_CLAIMS } from '../../config/issuer-presets.ts';
import { parseConfig } from '../../config/parse-config.ts';
import type { ConfigInput } from '../../config/schema.ts';
import { TokenRefusedError } from '../../functions/authorizer/token-refused-error.ts';
import { type ConfiguredIssuer, trustedIssuers } from '../../functions/authorizer/trusted-issuer.ts';
import { type VerifiedToken, verifyToken } from '../../functions/authorizer/verify-token.ts';
import { keySetOf, NOW, rsaKey, signRs256 } from '../unit/functions/authorizer/sign-token.ts';

type IssuerInput = Exclude<NonNullable<ConfigInput['issuers']>[number], 'builtin' | { kind: 'builtin' }>;

/** Tokens of one product, as its documentation shows them for client credentials, and what we ask of them. */
interface Shape {
  /** Where the shape is documented. */
  readonly sources: readonly string[];
  readonly config: IssuerInput;
  readonly keySetUrl: string;
  readonly header: object;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly identity: { readonly sub: string; readonly clientId: string; readonly jti: string };
  readonly relaxations: readonly string[];
  /** Another token of the same issuer, signed with the same keys, that opens nothing here. */
  readonly idToken: Readonly<Record<string, unknown>>;
}

const KEY = rsaKey('k1');
const API = 'https://api.example/events';
const TIMES = { iat: NOW, exp: NOW + 3_600 };
const CLIENT = 'client-1';
const TENANT = '11111111-2222-3333-4444-555555555555';
const ENTRA = `https://login.microsoftonline.com/${TENANT}/v2.0`;
const COGNITO = 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_EXAMPLE';
const KEYCLOAK = 'https://keycloak.example.com/realms/events';

const SHAPES: Readonly<Record<string, Shape>> = {
  auth0: {
    sources: [
      'https://auth0.com/docs/secure/tokens/access-tokens/access-token-profiles (Auth0 profile: azp, no client_id, no jti)',
      'https://auth0.com/docs/secure/tokens/json-web-tokens/json-web-token-structure (typ JWT)',
    ],
    config: { url: 'https://tenant.eu.auth0.com/', audience: API, provider: 'auth0', scope: 'write:events' },
    keySetUrl: 'https://tenant.eu.auth0.com/.well-known/jwks.json',
    header: { alg: 'RS256', typ: 'JWT', kid: 'k1' },
    claims: {
      iss: 'https://tenant.eu.auth0.com/',
      sub: `${CLIENT}@clients`,
      aud: API,
      ...TIMES,
      exp: NOW + 86_400,
      scope: 'read:events write:events',
      gty: 'client-credentials',
      azp: CLIENT,
    },
    identity: { sub: `${CLIENT}@clients`, clientId: CLIENT, jti: '' },
    relaxations: ['typ-jwt', 'no-jti'],
    idToken: { aud: CLIENT, azp: undefined, gty: undefined, scope: undefined, nonce: 'n' },
  },
  okta: {
    sources: [
      'https://developer.okta.com/docs/reference/api/oidc/ (access token: cid, scp; header: kid, alg)',
      'https://developer.okta.com/docs/concepts/auth-servers/ (custom authorization server)',
    ],
    config: { url: 'https://org.okta.com/oauth2/default', audience: 'api://events', provider: 'okta', scope: 'write' },
    keySetUrl: 'https://org.okta.com/oauth2/default/v1/keys',
    header: { kid: 'k1', alg: 'RS256' },
    claims: {
      ver: 1,
      jti: 'AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE',
      iss: 'https://org.okta.com/oauth2/default',
      aud: 'api://events',
      ...TIMES,
      cid: CLIENT,
      scp: ['read', 'write'],
      sub: CLIENT,
    },
    identity: { sub: CLIENT, clientId: CLIENT, jti: 'AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE' },
    relaxations: ['typ-absent', 'scope-array'],
    idToken: { aud: CLIENT, cid: undefined, scp: undefined, amr: ['pwd'] },
  },
  cognito: {
    sources: [
      'https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html (no aud, no typ)',
      'https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html (scope server/name)',
    ],
    config: { url: COGNITO, provider: 'cognito', clients: [CLIENT], scope: 'events/write' },
    keySetUrl: `${COGNITO}/.well-known/jwks.json`,
    header: { kid: 'k1', alg: 'RS256' },
    claims: {
      sub: CLIENT,
      token_use: 'access',
      scope: 'events/read events/write',
      auth_time: NOW,
      iss: COGNITO,
      ...TIMES,
      version: 2,
      jti: 'd2d0b6c1-5f0b-4b0e-8f6e-0f4d1a9a0001',
      client_id: CLIENT,
    },
    identity: { sub: CLIENT, clientId: CLIENT, jti: 'd2d0b6c1-5f0b-4b0e-8f6e-0f4d1a9a0001' },
    relaxations: ['typ-absent', 'no-aud'],
    idToken: { token_use: 'id', aud: CLIENT, client_id: undefined, scope: undefined },
  },
  entra: {
    sources: [
      'https://learn.microsoft.com/en-us/entra/identity-platform/access-token-claims-reference (typ always JWT; azp, uti, roles of v2.0)',
      'https://learn.microsoft.com/en-us/answers/questions/256281/ (a decoded v2.0 token of client credentials)',
    ],
    config: { url: ENTRA, audience: 'api-app-id', provider: 'entra', scope: 'Events.Write' },
    keySetUrl: `https://login.microsoftonline.com/${TENANT}/discovery/v2.0/keys`,
    header: { typ: 'JWT', alg: 'RS256', kid: 'k1' },
    claims: {
      aud: 'api-app-id',
      iss: ENTRA,
      ...TIMES,
      nbf: NOW,
      aio: 'E2ZgYA==',
      azp: CLIENT,
      azpacr: '1',
      oid: 'object-id',
      rh: '0.AAAA.',
      roles: ['Events.Read', 'Events.Write'],
      sub: 'object-id',
      tid: TENANT,
      uti: 'Xz1-token',
      ver: '2.0',
    },
    identity: { sub: 'object-id', clientId: CLIENT, jti: 'Xz1-token' },
    relaxations: ['typ-jwt', 'scope-array'],
    // Of an application that signs its users in and is the API as well: even the audience is right then.
    idToken: { azp: undefined, azpacr: undefined, nonce: 'n', preferred_username: 'somebody@example.com' },
  },
  keycloak: {
    sources: [
      'https://www.keycloak.org/docs/latest/server_admin/#_service_accounts',
      'https://github.com/keycloak/keycloak, core/src/main/java/org/keycloak/util/TokenUtil.java (claim typ: Bearer, ID, Refresh)',
    ],
    config: { url: KEYCLOAK, audience: 'events-api', provider: 'keycloak', scope: 'write' },
    keySetUrl: `${KEYCLOAK}/protocol/openid-connect/certs`,
    header: { alg: 'RS256', typ: 'JWT', kid: 'k1' },
    claims: {
      ...TIMES,
      exp: NOW + 300,
      jti: 'trrtcc:19b582b8-28c5-4a7e-ae0b-0500e11c6bd4',
      iss: KEYCLOAK,
      aud: ['events-api', 'account'],
      sub: 'd952cf23-bf92-4c8f-a3ff-4972b4f2bc5b',
      typ: 'Bearer',
      azp: CLIENT,
      acr: '1',
      realm_access: { roles: ['offline_access'] },
      scope: 'email profile write',
      clientHost: '192.0.2.1',
      preferred_username: `service-account-${CLIENT}`,
    },
    identity: {
      sub: 'd952cf23-bf92-4c8f-a3ff-4972b4f2bc5b',
      clientId: CLIENT,
      jti: 'trrtcc:19b582b8-28c5-4a7e-ae0b-0500e11c6bd4',
    },
    relaxations: ['typ-jwt'],
    idToken: { typ: 'ID' },
  },
};

const CASES = Object.entries(SHAPES);

function issuerOf(input: IssuerInput): ConfiguredIssuer {
  const { issuers } = parseConfig({ streams: { web: {} }, issuers: [input] });
  const [issuer] = trustedIssuers(issuers, { issuer: 'unused', keySetUrl: 'unused' });
  if (issuer === undefined) throw new TypeError('no issuer');
  return issuer;
}

function verify(issuer: ConfiguredIssuer, header: object, claims: object): Promise<VerifiedToken> {
  const token = signRs256(header, claims, KEY.privateKey);
  return verifyToken(token, { issuers: [issuer], keySetFor: async () => keySetOf(KEY), now: NOW + 5 });
}

async function verdict(...[issuer, header, claims]: Parameters<typeof verify>): Promise<string> {
  try {
    await verify(issuer, header, claims);
    return 'taken';
  } catch (error) {
    if (error instanceof TokenRefusedError) return error.code;
    throw error;
  }
}

describe.each(CASES)('a token of %s', (_name, shape) => {
  const issuer = issuerOf(shape.config);
  const { claims = RFC_9068_CLAIMS, relaxations = [] } = issuer;

  test('is taken, says who sends, and names each relaxation that it needs', async () => {
    const verified = await verify(issuer, shape.header, shape.claims);

    expect(verified).toMatchObject({ iss: issuer.issuer, kid: 'k1', ...shape.identity });
    expect(verified.relaxations).toEqual(shape.relaxations);
    expect(issuer.keySetUrl).toBe(shape.keySetUrl);
  });

  test('needs every relaxation of its preset', async () => {
    expect([...relaxations].sort()).toEqual([...shape.relaxations].sort());
    for (const left of relaxations) {
      const stricter = { ...issuer, relaxations: relaxations.filter((relaxation) => relaxation !== left) };
      expect(await verdict(stricter, shape.header, shape.claims)).not.toBe('taken');
    }
  });

  test('needs every claim of its preset under that name', async () => {
    for (const name of ['clientId', 'scope', 'tokenId'] as const) {
      if (claims[name] === RFC_9068_CLAIMS[name]) continue;
      const mapping: ClaimMapping = { ...claims, [name]: RFC_9068_CLAIMS[name] };
      expect(await verdict({ ...issuer, claims: mapping }, shape.header, shape.claims)).not.toBe('taken');
    }
  });

  test('is refused by an issuer without a preset', async () => {
    const strict = issuerOf({ url: issuer.issuer, audience: issuer.audience ?? API });

    expect(await verdict(strict, shape.header, shape.claims)).toBe('TYPE_MISMATCH');
  });

  test('is refused where it is an ID token of the same issuer', async () => {
    expect(await verdict(issuer, shape.header, { ...shape.claims, ...shape.idToken })).not.toBe('taken');
  });

  test('is refused without the scope, and with another that only begins or ends like it', async () => {
    const scope = shape.config.scope ?? '';
    const listed = Array.isArray(shape.claims[claims.scope]);
    for (const value of [undefined, 'x', `${scope}x`, `x${scope}`, scope.toUpperCase(), { 0: scope }]) {
      const other = { ...shape.claims, [claims.scope]: listed && typeof value === 'string' ? [value] : value };
      expect(await verdict(issuer, shape.header, other)).toBe('AUDIENCE_MISMATCH');
    }
  });

  test('is refused where a claim that tells access tokens from others is missing or says something else', async () => {
    for (const name of Object.keys(claims.exactly)) {
      for (const value of [undefined, 'id', ['access', 'Bearer']]) {
        expect(await verdict(issuer, shape.header, { ...shape.claims, [name]: value })).toBe('TYPE_MISMATCH');
      }
    }
  });

  test('is refused without a client and a subject', async () => {
    for (const name of [claims.clientId, 'sub']) {
      expect(await verdict(issuer, shape.header, { ...shape.claims, [name]: undefined })).not.toBe('taken');
    }
  });
});

describe('where tokens name no audience', () => {
  const { config, header, claims } = SHAPES['cognito'] ?? { config: undefined, header: {}, claims: {} };
  const issuer = issuerOf(config ?? { url: COGNITO });

  test('a client that is not listed is refused', async () => {
    expect(await verdict(issuer, header, { ...claims, client_id: 'client-2' })).toBe('AUDIENCE_MISMATCH');
  });

  test('a token that does name one is refused: it is meant for another API', async () => {
    expect(await verdict(issuer, header, { ...claims, aud: CLIENT })).toBe('AUDIENCE_MISMATCH');
  });

  test('nothing is taken that neither clients nor a scope bind, whatever the config let pass', async () => {
    const { clients: _clients, ...withoutClients } = issuer;
    const { scope: _scope, ...withoutScope } = issuer;

    expect(await verdict(withoutClients, header, claims)).toBe('AUDIENCE_MISMATCH');
    expect(await verdict(withoutScope, header, claims)).toBe('AUDIENCE_MISMATCH');
  });
});
