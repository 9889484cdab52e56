import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildSync, type Format } from 'esbuild';

export interface ClientBundle {
  /** For `<script src>`: a page finds `edgehouse.createClient`. */
  readonly script: string;
  /** The same as an ES module, and its types. */
  readonly module: string;
  readonly types: string;
}

/** Builds the browsers' client; the same sources give the same bytes. */
export function bundleClient(): ClientBundle {
  return {
    script: bundle('script.ts', 'iife'),
    module: bundle('client.ts', 'esm'),
    types: `${readFileSync(new URL('./client/api.ts', import.meta.url), 'utf8')}\nexport declare const createClient: CreateClient;\n`,
  };
}

function bundle(entry: string, format: Format): string {
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(new URL(`./client/${entry}`, import.meta.url))],
    bundle: true,
    write: false,
    platform: 'browser',
    format,
    // Browsers since 2021.
    target: 'es2021',
    // The machine's own settings must not change it.
    tsconfigRaw: {},
    minify: true,
    legalComments: 'none',
    logLevel: 'silent',
  });
  return outputFiles.map(({ text }) => text).join('');
}
