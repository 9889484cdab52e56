import type { CommandIo } from './command-io.ts';
import type { EdgeBundle } from './edge-bundle.ts';
import type { EdgeWorkersApi } from './edge-workers-api.ts';
import { printable } from './printable.ts';

/** Akamai found faults in bundles. */
export class EdgeBundleRefusedError extends Error {
  override readonly name = 'EdgeBundleRefusedError';
  readonly code = 'EDGE_BUNDLE_REFUSED';
  constructor(faults: readonly string[]) {
    super(
      `Akamai would refuse these bundles; nothing was uploaded. Next: look the words in capitals up in "Validation types" of the EdgeWorkers API.\n${faults.join('\n')}`,
    );
  }
}

/** Has Akamai look at bundles, which changes nothing there. @throws EdgeBundleRefusedError of all bundles together, AkamaiApiError */
export async function validateBundles(
  bundles: readonly EdgeBundle[],
  api: EdgeWorkersApi,
  io: Pick<CommandIo, 'out'>,
): Promise<void> {
  const faults: string[] = [];
  for (const { handler, edgeWorkerId, version, tgz, sha256 } of bundles) {
    io.out(`${handler}  EdgeWorker ${edgeWorkerId}, version ${version}, ${tgz.byteLength} bytes, sha256 ${sha256}`);
    const { errors, warnings } = await api.validate(tgz);
    for (const { type, message } of warnings) io.out(`${handler}  warning ${printable(`${type}: ${message}`)}`);
    faults.push(...errors.map(({ type, message }) => `${handler}: ${printable(`${type}: ${message}`)}`));
    if (errors.length === 0) io.out(`${handler}  Akamai finds no fault in it`);
  }
  if (faults.length > 0) throw new EdgeBundleRefusedError(faults);
}
