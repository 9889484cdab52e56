import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { unpackTgz } from '../../../edgeworker/unpack-tgz.ts';
import { closeServer, listen } from '../../../local/listen.ts';
import { type EdgegridClient, edgegridFault } from '../../deploy/support/verify-edgegrid.ts';

/** What happens to a request instead of its answer. */
export type ApiFault =
  /** It is refused, and nothing is done. */
  | { readonly kind: 'refused'; readonly status: number; readonly body?: string; readonly headers?: object }
  /** The connection ends before anything is done, or when it has been. */
  | { readonly kind: 'cut'; readonly done: boolean };

export interface StandInActivation {
  readonly activationId: number;
  readonly edgeWorkerId: number;
  readonly version: string;
  readonly network: string;
  readonly note: string;
  readonly createdAt: number;
  /** What it ends with. */
  outcome: string;
  /** Milliseconds from its beginning to its end. */
  takes: number;
  /** Whether the edge ran it for a while before it failed. */
  readonly replacesActive: boolean;
}

/**
 * Stands for the EdgeWorkers API of one account, on loopback, without TLS. Paths, members and states are those of "Akamai: EdgeWorkers API"
 * v1 (OpenAPI, akamai/akamai-apis, apis/edgeworkers/v1), codes those of its pages 400 and 429 (techdocs.akamai.com/edgeworkers/reference).
 */
export class EdgeWorkersStandIn {
  /** `METHOD path` of what came, without its query. */
  readonly asked: string[] = [];
  /** Why signatures were refused. */
  readonly unsigned: string[] = [];
  /** Faults of the next requests whose `METHOD path` fits. */
  readonly faults: { readonly on: RegExp; readonly fault: ApiFault }[] = [];
  readonly findings: { type: string; message: string }[] = [];
  readonly warnings: { type: string; message: string }[] = [];
  readonly versions = new Map<string, Buffer>();
  readonly activations: StandInActivation[] = [];
  /** What the next activations end with, and when. */
  readonly plans: Partial<Pick<StandInActivation, 'outcome' | 'takes' | 'replacesActive'>>[] = [];
  /** The checksum of versions is shown as this; the document's examples have the length of a SHA-1. */
  checksum: 'sha256' | 'sha1' = 'sha256';
  origin = '';
  #server = createServer((request, response) => void this.#serve(request, response));
  #used = new Set<string>();

  #client: EdgegridClient;
  #edgeWorkerIds: readonly number[];
  #clock: () => number;

  /** @param clock milliseconds since the epoch */
  constructor(client: EdgegridClient, edgeWorkerIds: readonly number[], clock: () => number) {
    this.#client = client;
    this.#edgeWorkerIds = edgeWorkerIds;
    this.#clock = clock;
  }

  async start(): Promise<void> {
    this.origin = await listen(this.#server, 0);
  }

  stop(): Promise<void> {
    return closeServer(this.#server);
  }

  /** As if it had been deployed long ago. */
  deployed(id: number, version: string, network: string, at: number): void {
    this.versions.set(`${id}/${version}`, Buffer.from(version));
    this.#begin(id, { version, network, note: '' }, at, { takes: 0 });
  }

  active(id: number, network: string): string | undefined {
    const ended = this.#of(id, network).filter((one) => this.#status(one) === 'COMPLETE' || this.#broke(one));
    const newest = ended.reduce<StandInActivation | undefined>(
      (best, one) => (best === undefined || one.createdAt >= best.createdAt ? one : best),
      undefined,
    );
    return newest === undefined || this.#broke(newest) ? undefined : newest.version;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    const body = await buffer(request);
    response.setHeader('date', new Date(this.#clock()).toUTCString());
    const { host = '', authorization = '' } = headers;
    const signed = { method, scheme: 'http', host, path: url, authorization, body } as const;
    const unsigned = edgegridFault(signed, this.#client, this.#clock(), this.#used);
    if (unsigned !== undefined) {
      this.unsigned.push(unsigned);
      problem(response, 401, 'Not authorized', {});
      return;
    }
    const { pathname, searchParams } = new URL(url, this.origin);
    const line = `${method} ${pathname.replace('/edgeworkers/v1', '')}`;
    this.asked.push(line);
    const at = this.faults.findIndex(({ on }) => on.test(line));
    const fault = at < 0 ? undefined : this.faults.splice(at, 1)[0]?.fault;
    if (fault?.kind === 'refused') {
      response.writeHead(fault.status, { 'content-type': 'application/problem+json', ...fault.headers });
      response.end(fault.body ?? '{}');
    } else if (fault?.kind === 'cut' && !fault.done) response.destroy();
    else if (fault?.kind === 'cut') {
      await this.#answer(line, searchParams, headers['content-type'] ?? '', body);
      response.destroy();
    } else {
      const { status, value } = await this.#answer(line, searchParams, headers['content-type'] ?? '', body);
      if (status >= 400) problem(response, status, `Status ${status}`, value);
      else response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    }
  }

  async #answer(line: string, query: URLSearchParams, type: string, body: Buffer): Promise<Answer> {
    const [, method = '', id = '', rest = ''] = /^(\w+) \/ids\/(\d+)(\/.*)$/.exec(line) ?? [];
    if (line === 'POST /validations') {
      if (type !== 'application/gzip') return refusal(415);
      return { status: 200, value: { errors: [...(await faultsOf(body)), ...this.findings], warnings: this.warnings } };
    }
    const edgeWorkerId = Number(id);
    if (!this.#edgeWorkerIds.includes(edgeWorkerId)) return refusal(404);
    const [, what = '', name = ''] = /^\/(versions|activations)(?:\/([^/]+))?$/.exec(rest) ?? [];
    switch (`${method} ${what}`) {
      case 'POST versions':
        return type === 'application/gzip' ? this.#upload(edgeWorkerId, body) : refusal(415);
      case 'GET versions':
        return this.#showVersion(edgeWorkerId, name);
      case 'POST activations':
        return type === 'application/json' ? this.#activate(edgeWorkerId, JSON.parse(String(body))) : refusal(415);
      case 'GET activations':
        return name === '' ? this.#list(edgeWorkerId, query) : this.#showActivation(edgeWorkerId, Number(name));
      default:
        return refusal(404);
    }
  }

  async #upload(id: number, tgz: Buffer): Promise<Answer> {
    const manifest: Record<string, string> = JSON.parse((await unpackTgz(tgz)).get('bundle.json') ?? '{}');
    const version = manifest['edgeworker-version'] ?? '';
    if (this.versions.has(`${id}/${version}`)) return refusal(400, { detail: 'This version exists.' });
    this.versions.set(`${id}/${version}`, tgz);
    return { status: 201, value: this.#version(id, version, tgz) };
  }

  #showVersion(id: number, version: string): Answer {
    const tgz = this.versions.get(`${id}/${version}`);
    return tgz === undefined ? refusal(404) : { status: 200, value: this.#version(id, version, tgz) };
  }

  #version(edgeWorkerId: number, version: string, tgz: Buffer): object {
    const checksum = createHash(this.checksum).update(tgz).digest('hex');
    return { edgeWorkerId, version, accountId: 'A-1', checksum, createdBy: 'x', createdTime: iso(this.#clock()) };
  }

  #activate(id: number, asked: { version: string; network: string; note: string }): Answer {
    if (!this.versions.has(`${id}/${asked.version}`) || asked.note.length > 128) return refusal(400);
    const of = this.#of(id, asked.network);
    const isOngoing = of.some((one) => one.version === asked.version && this.#isOngoing(one));
    if (isOngoing || this.active(id, asked.network) === asked.version) {
      return refusal(400, { detail: 'This version is already being activated', errorCode: 'EW1021' });
    }
    const begun = this.#begin(id, asked, this.#clock(), this.plans.shift() ?? {});
    return { status: 201, value: this.#activation(begun) };
  }

  #begin(
    edgeWorkerId: number,
    { version, network, note }: { version: string; network: string; note: string },
    createdAt: number,
    plan: Partial<Pick<StandInActivation, 'outcome' | 'takes' | 'replacesActive'>>,
  ): StandInActivation {
    const activation = {
      activationId: this.activations.length + 1,
      edgeWorkerId,
      version,
      network,
      note,
      createdAt,
      outcome: 'COMPLETE',
      takes: 180_000,
      replacesActive: false,
      ...plan,
    };
    this.activations.push(activation);
    return activation;
  }

  #list(id: number, query: URLSearchParams): Answer {
    const asked = query.get('network');
    const shown = ['STAGING', 'PRODUCTION']
      .filter((network) => asked === null || asked === network)
      .flatMap((network) => this.#of(id, network))
      .filter(
        (one) =>
          query.get('activeOnNetwork') !== 'true' ||
          (this.#status(one) === 'COMPLETE' && one.version === this.active(id, one.network)),
      );
    return { status: 200, value: { activations: shown.map((one) => this.#activation(one)) } };
  }

  #showActivation(id: number, activationId: number): Answer {
    const found = this.activations.find((one) => one.edgeWorkerId === id && one.activationId === activationId);
    return found === undefined ? refusal(404) : { status: 200, value: this.#activation(found) };
  }

  #activation(one: StandInActivation): object {
    const { activationId, edgeWorkerId, version, network, note, createdAt } = one;
    const times = { createdTime: iso(createdAt), lastModifiedTime: iso(this.#clock()) };
    const made = { accountId: 'A-1', createdBy: 'x', ...times, ...(note !== '' && { note }) };
    return { edgeWorkerId, version, activationId, status: this.#status(one), network, ...made };
  }

  #status({ createdAt, takes, outcome }: StandInActivation): string {
    const share = (this.#clock() - createdAt) / takes;
    if (!(share < 1)) return outcome;
    return share <= 0 ? 'PRESUBMIT' : share < 0.5 ? 'PENDING' : 'IN_PROGRESS';
  }

  #isOngoing(one: StandInActivation): boolean {
    return ['PRESUBMIT', 'PENDING', 'IN_PROGRESS'].includes(this.#status(one));
  }

  /** An activation that failed, and took the version before it along. */
  #broke(one: StandInActivation): boolean {
    return one.replacesActive && !this.#isOngoing(one) && this.#status(one) !== 'COMPLETE';
  }

  #of(id: number, network: string): readonly StandInActivation[] {
    return this.activations.filter((one) => one.edgeWorkerId === id && one.network === network);
  }
}

interface Answer {
  readonly status: number;
  readonly value: object;
}

function refusal(status: number, value: object = {}): Answer {
  return { status, value };
}

function problem(response: ServerResponse, status: number, title: string, more: object): void {
  response.writeHead(status, { 'content-type': 'application/problem+json' });
  const type = '/edgeworkers/error-types/stand-in';
  response.end(JSON.stringify({ type, title, status, instance: '/edgeworkers/error-instances/1', ...more }));
}

function iso(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
}

async function faultsOf(tgz: Buffer): Promise<readonly object[]> {
  const files = await unpackTgz(tgz).catch(() => undefined);
  if (files === undefined) return [{ type: 'INVALID_GZIP_FORMAT', message: 'no gzip' }];
  const missing = ['main.js', 'bundle.json'].filter((name) => !files.has(name));
  return missing.map((name) => ({ type: 'MISSING_MANDATORY_FILES', message: `no ${name}` }));
}
