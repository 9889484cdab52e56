import { createServer } from 'node:http';
import type { AdminAccount } from '../../../clickhouse/admin-client.ts';

/** A server that answers what it is asked of its system tables with these rows, and remembers every other statement. */
export interface SystemTables {
  readonly admin: AdminAccount;
  /** Rows by name of the table; one user directory that can be written to, at first, and nothing else. */
  readonly tables: Record<string, readonly object[]>;
  readonly ran: string[];
  close(): void;
}

export async function startSystemTables(): Promise<SystemTables> {
  const tables: Record<string, readonly object[]> = { 'system.user_directories': [{ name: 'local_directory' }] };
  const ran: string[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const sql = Buffer.concat(chunks).toString().trim();
    const table = /^SELECT .*?\sFROM (system\.\w+)/s.exec(sql)?.[1] ?? '';
    if (!sql.startsWith('SELECT')) ran.push(sql);
    response.end((tables[table] ?? []).map((row) => `${JSON.stringify(row)}\n`).join(''));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    admin: { url: `http://127.0.0.1:${port}`, user: 'admin', password: 'p' },
    tables,
    ran,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
