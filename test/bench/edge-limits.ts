import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { formatTable } from '../../cli/format-table.ts';
import { parseCombinedLine } from '../../local/log/combined-log.ts';
import { generateLog } from '../integration/support/combined-oracle.ts';
import { hasRealLog, REAL_LOG } from '../integration/support/find-log.ts';
import { type EdgeFigure, measureLog, measureRatio, SHAPED, SHIPPED, TIERS } from './measure-edge.ts';

// The whole log through both bundles on each tier: what a call used of what it may use. Figures of this machine, not of Akamai's.

const EVENTS = 100;
/** V8 compiles what runs often; the median of a few runs is that of code that it has not. */
const RATIOS = [
  { name: 'cold (60 batches)', batches: 60 },
  { name: 'warm (2,000 batches)', batches: 2_000 },
];

const { values: options } = parseArgs({
  options: { json: { type: 'boolean', default: false }, lines: { type: 'string', default: '1000000' } },
});
const log = hasRealLog ? readFileSync(REAL_LOG, 'utf8') : generateLog();
const lines = log
  .split('\n')
  .filter((line) => line !== '')
  .slice(0, Number(options.lines));
const folder = mkdtempSync(join(tmpdir(), 'edgehouse-edge-limits-'));
try {
  const file = join(folder, 'access.log');
  writeFileSync(file, lines.join('\n'));
  const figures: EdgeFigure[] = [];
  for (const tier of TIERS) {
    // How the config shapes an event changes what it costs, not what the tiers give: one of them shows it.
    for (const subject of tier === 'basic' ? [...SHIPPED, ...SHAPED] : SHIPPED) {
      const measured = await measureLog(file, tier, subject);
      figures.push(...measured);
      if (options.json) for (const figure of measured) console.log(JSON.stringify(figure));
    }
  }
  if (!options.json) {
    console.log(`${hasRealLog ? REAL_LOG : 'a generated log (no data)'}, ${lines.length} lines`);
    for (const line of tableOf(figures)) console.log(line);
  }
  for (const { name, batches } of RATIOS) {
    const ratio = await measureRatio(batchesOf(lines, batches), 'basic');
    const { collectorMs, bareMs } = ratio;
    if (options.json) console.log(JSON.stringify({ name: `collector / bare, ${name}`, ...ratio }));
    else
      console.log(
        `collector, ${EVENTS} events, ${name}: ${collectorMs} ms; parse and write the same body: ${bareMs} ms; ratio ${ratio.ratio}`,
      );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function tableOf(figures: readonly EdgeFigure[]): readonly string[] {
  const kb = (bytes: number) => bytes / 1_024;
  const head = [
    ...['tier', 'events', 'handler', 'calls', 'failures', 'cpu p50', 'p99', 'max ms', 'limit', 'over'],
    ...['heap p50', 'p99', 'max KB', 'limit', 'over', 'sub-requests', 'limit', 'over'],
  ];
  const rows = figures.map(({ tier, subject, report, limits }) => {
    const { handler, invocations, failures, cpuMs, overCpu, heapKb, overMemory, subRequests } = report;
    const failed = Object.values(failures).reduce((sum, count) => sum + count, 0);
    return [
      ...[tier, subject, handler, invocations, failed, cpuMs.p50, cpuMs.p99, cpuMs.max, limits.cpuMs, overCpu],
      ...[heapKb.p50, heapKb.p99, heapKb.max].map((value) => (value === undefined ? value : Math.round(value))),
      ...[kb(limits.memoryBytes), overMemory, subRequests.maxPerInvocation, limits.subRequests, subRequests.overLimit],
    ];
  });
  return formatTable(head, rows);
}

/** Bodies of events as a page posts them, from the log's own lines. */
function batchesOf(source: readonly string[], count: number): readonly string[] {
  const events = source.flatMap((line) => {
    const parsed = parseCombinedLine(line);
    return parsed.kind === 'event' ? [parsed.event] : [];
  });
  return Array.from({ length: count }, (_, batch) =>
    JSON.stringify(Array.from({ length: EVENTS }, (_row, row) => events[(batch * EVENTS + row) % events.length])),
  );
}
