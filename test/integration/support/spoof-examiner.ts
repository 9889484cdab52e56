import { readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { RawAnswer } from './raw-http.ts';
import { headerOf, type Spoof } from './spoof-batch.ts';
import { type Expected, judge } from './spoof-oracle.ts';
import type { Scene } from './spoof-scene.ts';

export interface Examiner {
  /** Sends each and holds answer and audit lines against what the oracle says. @returns what differs, in words */
  examine(spoofs: readonly Spoof[]): Promise<readonly string[]>;
  /** How many were answered so: by the code, or by the status where there is none. */
  readonly tally: ReadonlyMap<string, number>;
  /** Batches that must be in the database now, by the place of their rows: `web_events <id>`, `quarantine <id>`. */
  readonly stored: ReadonlySet<string>;
}

/** How long the gateway keeps what an authorizer said (design §1). */
const VERDICT_SECONDS = 60;

type Line = Readonly<Record<string, unknown>>;

export function createExaminer(scene: Scene): Examiner {
  const tally = new Map<string, number>();
  const stored = new Set<string>();
  /** Authorizations whose answer the gateway keeps. */
  const kept = new Map<string, { readonly until: number; readonly accepted: boolean }>();
  let read = 0;

  const stillAccepted = (): ReadonlySet<string> =>
    new Set([...kept].filter(([, { until, accepted }]) => accepted && scene.now() < until).map(([name]) => name));

  /** Written before the answer, so that all lines of what was answered are there. */
  const newLines = (): readonly Line[] => {
    const log = readFileSync(scene.stack.auditFile);
    const text = log.subarray(read).toString('utf8');
    read = log.length;
    return text.split('\n').flatMap((line): readonly Line[] => (line === '' ? [] : [JSON.parse(line)]));
  };

  return {
    tally,
    stored,
    async examine(spoofs) {
      newLines();
      const sent: {
        readonly spoof: Spoof;
        readonly answer: RawAnswer;
        readonly expected: Expected;
        readonly isNew: boolean;
      }[] = [];
      for (const spoof of spoofs) {
        const expected = judge(spoof.request, scene.known(stillAccepted()));
        const authorization = authorizationOf(spoof);
        const accepted = expected.by === 'ingest';
        const isNew = (accepted || expected.status === 403) && scene.now() >= (kept.get(authorization)?.until ?? 0);
        if (isNew) kept.set(authorization, { until: scene.now() + VERDICT_SECONDS, accepted });
        sent.push({ spoof, answer: await scene.client.send(spoof.request), expected, isNew });
        const outcome = expected.code ?? String(expected.status);
        tally.set(outcome, (tally.get(outcome) ?? 0) + 1);
        const place = placeOf(spoof, expected);
        if (place !== undefined) stored.add(place);
        await setImmediate();
      }
      const lines = Map.groupBy(newLines(), ({ requestId }) => requestId);
      return sent
        .flatMap(({ spoof, answer, expected, isNew }) => {
          const own = lines.get(answer.headers.get('apigw-requestid')) ?? [];
          lines.delete(answer.headers.get('apigw-requestid'));
          const saw = describe(answer, own);
          const wanted = describeExpected(expected, isNew);
          return saw === wanted ? [] : [`${spoof.name}: expected ${wanted}; saw ${saw}`];
        })
        .concat([...lines.keys()].map((id) => `audit lines of nobody's request: ${String(id)}`));
    },
  };
}

/** As the gateway takes it for its identity source. */
function authorizationOf({ request }: Spoof): string {
  const values = request.headers.filter(([name]) => name.toLowerCase() === 'authorization').map(([, value]) => value);
  return values.map((value) => value.replace(/^[ \t]+|[ \t]+$/g, '')).join(',');
}

function placeOf({ request }: Spoof, { status, code }: Expected): string | undefined {
  const find = (name: string) => request.headers.find(([other]) => other.toLowerCase() === name)?.[1] ?? '';
  const id = (headerOf(request, 'edge-batch-id') || find('edge-batch-id')).trim().toLowerCase();
  const stream = /streams\/(.+)\/batches/.exec(decodeURIComponent(request.target))?.[1];
  if (status === 200) return `${stream} ${id}`;
  return code === 'ROWS_REFUSED' ? `quarantine ${id}` : undefined;
}

/** `403 of gateway; identity deny TOKEN_EXPIRED`: the answer, then each audit line. */
function describe({ status, headers, text }: RawAnswer, lines: readonly Line[]): string {
  const id = headers.get('apigw-requestid');
  const byIngest = headers.get('edgehouse-request-id');
  const problem: unknown =
    headers.get('content-type') === 'application/problem+json' ? JSON.parse(text).code : undefined;
  const opaque = /^\{"message":"[A-Za-z ]+"\}$/.test(text);
  const by = byIngest === undefined ? (opaque ? 'gateway' : 'nobody') : byIngest === id ? 'ingest' : 'another request';
  const told = lines.map((line) => [line['audit'], line['decision'], ...[line['code'] ?? []].flat()].join(' '));
  return [`${status} of ${by}${problem === undefined ? '' : ` ${String(problem)}`}`, ...told].join('; ');
}

function describeExpected({ by, status, code }: Expected, isNew: boolean): string {
  if (by === 'gateway')
    return `${status} of gateway${code === undefined ? '' : isNew ? `; identity deny ${code}` : ''}`;
  const decision = status === 200 || code === 'ROWS_REFUSED' ? 'allow' : 'deny';
  const batch = [`batch ${decision}`, ...(code === undefined ? [] : [code])].join(' ');
  return [
    `${status} of ingest${code === undefined ? '' : ` ${code}`}`,
    ...(isNew ? ['identity allow'] : []),
    batch,
  ].join('; ');
}
