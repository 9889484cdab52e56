import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import {
  type EdgegridCredential,
  type EdgegridNames,
  readEdgegridCredential,
} from '../functions/rotation/edgegrid-credential.ts';
import { describeFailure } from './describe-failure.ts';
import type { ParsedOptions } from './parse-options.ts';

/** Where the credential of an Akamai API client lies: as Akamai's own tools look for it, and never on the command line. */
export type EdgercPlace =
  | { readonly kind: 'environment'; readonly prefix: string; readonly members: ReadonlyMap<string, string> }
  /** Without a path: `.edgerc` of the user. */
  | { readonly kind: 'file'; readonly path: string | undefined; readonly section: string };

/** An API client, and whose account it works on. */
export interface EdgegridAccess {
  readonly credential: EdgegridCredential;
  /** Of a client that may change to other accounts; no secret. */
  readonly accountSwitchKey: string | undefined;
}

/** There is no usable credential; nothing of it is in the message. */
export class EdgercInvalidError extends Error {
  override readonly name = 'EdgercInvalidError';
  readonly code = 'EDGERC_INVALID';
  constructor(where: string, seen: string, options?: ErrorOptions) {
    super(
      `The credential of the Akamai API client, ${where}, is unusable: ${seen}. Next: download it in Akamai Control Center ` +
        '(Identity & access, API clients; service EdgeWorkers, READ-WRITE) into that section of ~/.edgerc, or name another by --edgerc and --section.',
      options,
    );
  }
}

/** The place that options name, else `AKAMAI_HOST` and its like, else the file. @param env as Akamai's tools read it */
export function edgercPlace(
  { values }: Pick<ParsedOptions, 'values'>,
  env: Readonly<Record<string, string | undefined>>,
): EdgercPlace {
  const section = values.get('section') ?? (env['AKAMAI_EDGERC_SECTION'] || 'default');
  const path = values.get('edgerc');
  const prefix = section === 'default' ? 'AKAMAI' : `AKAMAI_${section.toUpperCase()}`;
  if (path === undefined && env[`${prefix}_HOST`] !== undefined) {
    const members = Object.entries(env).flatMap(([name, value]) =>
      name.startsWith(`${prefix}_`) && value !== undefined ? [[name, value] as const] : [],
    );
    return { kind: 'environment', prefix, members: new Map(members) };
  }
  return { kind: 'file', path: path ?? (env['AKAMAI_EDGERC'] || undefined), section };
}

/** @throws EdgercInvalidError */
export async function openEdgerc(place: EdgercPlace): Promise<EdgegridAccess> {
  if (place.kind === 'environment') {
    const { prefix, members } = place;
    const where = `${prefix}_HOST and its like in the environment`;
    return accessOf(members, (name) => `${prefix}_${name.toUpperCase()}`, where);
  }
  const path = place.path ?? join(homedir(), '.edgerc');
  const where = `section [${place.section}] of ${path}`;
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new EdgercInvalidError(where, `the file cannot be read (${describeFailure(cause)})`, { cause });
  });
  const members = parseEdgerc(text).get(place.section);
  if (members === undefined) throw new EdgercInvalidError(where, 'the file has no such section');
  return accessOf(members, (name) => name, where);
}

/**
 * The members of each section of an `.edgerc`, an INI file (techdocs.akamai.com, "Set up authentication credentials"). Whatever
 * else stands there is passed over: `max-body` too, which many files have with a value that no API uses.
 */
export function parseEdgerc(text: string): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const sections = new Map<string, Map<string, string>>();
  let members = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const [, section] = /^\s*\[([^\]]*)\]\s*$/.exec(line) ?? [];
    if (section !== undefined) {
      members = sections.get(section.trim()) ?? new Map<string, string>();
      sections.set(section.trim(), members);
      continue;
    }
    // A secret may have `=` in it, so that the first one divides.
    const [, name, value] = /^\s*([\w-]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) members.set(name, value);
  }
  return sections;
}

function accessOf(
  members: ReadonlyMap<string, string>,
  nameOf: (name: string) => string,
  where: string,
): EdgegridAccess {
  const names: EdgegridNames = {
    host: nameOf('host'),
    clientToken: nameOf('client_token'),
    clientSecret: nameOf('client_secret'),
    accessToken: nameOf('access_token'),
  };
  const credential = readEdgegridCredential(members, names, (seen) => new EdgercInvalidError(where, seen));
  return { credential, accountSwitchKey: members.get(nameOf('account_key')) || undefined };
}
