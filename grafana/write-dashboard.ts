import { writeFile } from 'node:fs/promises';
import { dashboard } from './dashboard.ts';

const file = new URL('edgehouse.json', import.meta.url);
await writeFile(file, `${JSON.stringify(dashboard(), undefined, 2)}\n`);
