import { z } from 'zod';

/** An advisory that is known and let pass for a while. */
const EXCEPTION = z.strictObject({
  /** Of the advisory: `GHSA-xxxx-xxxx-xxxx`. */
  id: z.string().regex(/^GHSA(-[a-z0-9]{4}){3}$/),
  /** The package that the advisory is about. */
  package: z.string().min(1),
  /** The last day on which it counts, UTC. */
  until: z.iso.date(),
  /** Why it harms nobody here. */
  reason: z.string().min(20),
});
const EXCEPTIONS = z.array(EXCEPTION).readonly();
export type Exception = Readonly<z.infer<typeof EXCEPTION>>;

const ADVISORY = z.object({
  name: z.string(),
  title: z.string(),
  url: z.string(),
  severity: z.string(),
  range: z.string(),
});
type Advisory = Readonly<z.infer<typeof ADVISORY>>;

/** What `npm audit --json` prints. Behind a name under `via` stands a package with an entry of its own. */
const REPORT = z.object({
  auditReportVersion: z.literal(2),
  vulnerabilities: z.record(z.string(), z.object({ via: z.array(z.union([z.string(), ADVISORY])) })),
});
export type AuditReport = z.infer<typeof REPORT>;

/** What npm prints where the registry did not answer. */
const FAILURE = z.object({ message: z.string() });

/** Nobody should have to look at an exception that nobody has looked at for so long. */
const MOST_DAYS = 90;
const DAY_MS = 86_400_000;
const LET_PASS = new Set(['info', 'low']);

/** @throws ZodError */
export function parseExceptions(text: string): readonly Exception[] {
  return EXCEPTIONS.parse(JSON.parse(text));
}

/** @returns the report; or, where npm has none, why */
export function readReport(output: string): AuditReport | string {
  const json = parseJson(output);
  const report = REPORT.safeParse(json);
  if (report.success) return report.data;
  const failure = FAILURE.safeParse(json);
  return failure.success ? failure.data.message : 'npm printed no report';
}

/**
 * What stands against the installed packages: advisories of moderate severity and above without an exception, exceptions whose time is
 * over, and those that nothing needs any more.
 *
 * @param now milliseconds since the epoch
 * @returns nothing where all is well
 */
export function judgeAudit(report: AuditReport, exceptions: readonly Exception[], now: number): readonly string[] {
  const found = advisoriesOf(report);
  const known = new Set(exceptions.map(keyOf));
  const open = [...found].flatMap(([key, advisory]) => (known.has(key) ? [] : [describe(advisory)]));
  const stale = exceptions.flatMap((exception) => {
    const { until } = exception;
    const key = keyOf(exception);
    const ends = Date.parse(until) + DAY_MS;
    if (!found.has(key)) return [`${key}: the exception is not needed any more. Remove it.`];
    if (now >= ends) return [`${key}: the exception ended with ${until}. Update the package, or judge anew.`];
    if (ends - now > MOST_DAYS * DAY_MS) return [`${key}: ${until} is more than ${MOST_DAYS} days ahead.`];
    return [];
  });
  return [...open, ...stale];
}

/** One advisory may be about several packages. */
function keyOf({ id, package: name }: Pick<Exception, 'id' | 'package'>): string {
  return `${id} of ${name}`;
}

function idOf({ url }: Advisory): string {
  return url.split('/').at(-1) ?? '';
}

function advisoriesOf({ vulnerabilities }: AuditReport): ReadonlyMap<string, Advisory> {
  const all = Object.values(vulnerabilities).flatMap(({ via }) => via.filter((cause) => typeof cause !== 'string'));
  const grave = all.filter(({ severity }) => !LET_PASS.has(severity));
  return new Map(grave.map((advisory) => [keyOf({ id: idOf(advisory), package: advisory.name }), advisory]));
}

function describe(advisory: Advisory): string {
  const { severity, name, range, title, url } = advisory;
  return `${idOf(advisory)} (${severity}) of ${name} ${range}: ${title}. ${url}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
