import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { closeServer, listen } from '../../../local/listen.ts';
import { EMULATOR_REGION, type Emulator } from './emulator.ts';
import { requireLoopback } from './loopback.ts';
import { ministackPython } from './ministack-venv.ts';
import { type ProcessGroup, runToEnd, startProcessGroup } from './process-group.ts';

/** The emulator of AWS that `cdk deploy` is tried on. */
export interface Ministack extends Emulator {
  /** What the server and the functions in it wrote: for the message of a test that fails. */
  log(): string;
  /** Ends the server and every function process that it started, and removes its folder. */
  stop(): Promise<void>;
}

/** The emulator did not come up. */
export class EmulatorStartError extends Error {
  override readonly name = 'EmulatorStartError';
  readonly code = 'EMULATOR_START';

  constructor(seen: string, log: string) {
    super(
      `${seen}. Expected a healthy MiniStack within ${PATIENCE_MS / 1000} s. Next: read its log: ${log.slice(-800)}`,
    );
  }
}

/** Seen: 0.3 s to 1 s on two busy cores. */
const PATIENCE_MS = 20_000;
const LOOK_AGAIN_MS = 50;
/** The major version that the functions are deployed for (`nodejs24.x`): the emulator runs the first `node` on PATH. */
const NODE_MAJOR = '24';
const MAKE_CERTIFICATE = fileURLToPath(new URL('./make-certificate.py', import.meta.url));
const START = fileURLToPath(new URL('./start-ministack.py', import.meta.url));
const SYSTEM_PATH = ['/usr/local/bin', '/usr/bin', '/bin'];

/**
 * Starts the pinned MiniStack on a free port of 127.0.0.1, empty, and waits until it is healthy.
 *
 * @throws EmulatorInstallError when its Python environment cannot be made; EmulatorStartError when it does not come
 *   up, or when this process runs another Node than the functions are deployed for
 */
export async function startMinistack(): Promise<Ministack> {
  if (process.versions.node.split('.')[0] !== NODE_MAJOR) {
    throw new EmulatorStartError(`This is Node ${process.versions.node}, the functions are for ${NODE_MAJOR}`, '');
  }
  const python = await ministackPython();
  const endpoint = await freeOrigin();
  const home = await mkdtemp(join(tmpdir(), 'edgehouse-ministack-'));
  const certificateFile = join(home, 'certificate.pem');
  const keyFile = join(home, 'key.pem');
  const env = environment({ home, port: requireLoopback(endpoint).port, certificateFile, keyFile });
  const running: ProcessGroup[] = [];
  const stop = async (): Promise<void> => {
    for (const group of running.splice(0)) await group.stop();
    await rm(home, { recursive: true, force: true });
  };
  try {
    const made = await runToEnd(python, [MAKE_CERTIFICATE, keyFile, certificateFile], { cwd: home, env });
    if (made.exitCode !== 0) throw new EmulatorStartError('Its certificate could not be made', made.stderr);
    const certificate = await readFile(certificateFile, 'utf8');
    const server = await startProcessGroup(python, [START], { cwd: home, env });
    running.push(server);
    await healthy(server, { endpoint, certificate });
    const log = () => server.stdout() + server.stderr();
    return { endpoint, certificate, certificateFile, python, region: EMULATOR_REGION, log, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Place {
  readonly home: string;
  readonly port: string;
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** The whole environment of the server, which hands all of it to every function: nothing of this process gets in. */
function environment({ home, port, certificateFile, keyFile }: Place): Readonly<Record<string, string>> {
  return {
    PATH: [dirname(process.execPath), ...SYSTEM_PATH].join(delimiter),
    HOME: home,
    TMPDIR: home,
    PYTHONUNBUFFERED: '1',
    // The default is every interface.
    BIND_HOST: '127.0.0.1',
    GATEWAY_PORT: port,
    // Roles and policies decide, as on AWS: off by default. Over TLS, as policies demand (`aws:SecureTransport`).
    AUTH: 'true',
    USE_SSL: '1',
    MINISTACK_SSL_CERT: certificateFile,
    MINISTACK_SSL_KEY: keyFile,
    LAMBDA_EXECUTOR: 'local',
    // Two more listeners that nothing here needs.
    SFTP_ENABLED: '0',
    IOT_MTLS_ENABLED: '0',
    NODE_OPTIONS: `--import=${new URL('./resolve-localhost.ts', import.meta.url).href}`,
  };
}

async function freeOrigin(): Promise<string> {
  const server = createServer();
  const origin = await listen(server, 0);
  await closeServer(server);
  return origin.replace('http:', 'https:');
}

async function healthy(server: ProcessGroup, at: Pick<Emulator, 'endpoint' | 'certificate'>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  const state = { ended: false };
  void server.ended.then(() => {
    state.ended = true;
  });
  for (;;) {
    const status = await healthStatus(at).catch(() => undefined);
    if (status === 200) return;
    if (state.ended) throw new EmulatorStartError('MiniStack ended at once', server.stdout() + server.stderr());
    if (performance.now() > deadline) {
      const seen = status === undefined ? 'MiniStack does not answer' : `Its health is HTTP ${status}`;
      throw new EmulatorStartError(seen, server.stdout() + server.stderr());
    }
    await pause(LOOK_AGAIN_MS);
  }
}

function healthStatus({ endpoint, certificate }: Pick<Emulator, 'endpoint' | 'certificate'>): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = get(`${endpoint}/_ministack/health`, { ca: certificate, agent: false, timeout: PATIENCE_MS });
    request.once('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.once('timeout', () => request.destroy());
    request.once('error', reject);
  });
}
