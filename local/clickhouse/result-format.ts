/** How the result of a query in some format travels over HTTP. */
export interface ResultFormat {
  readonly contentType: string;
  /**
   * Whether the engine's stream of it can be passed on as it comes. Each chunk of a format that has a header, a frame or a footer is a
   * document of its own, and several in a row are not one.
   */
  readonly streamable: boolean;
}

const LINES = new Set([
  'jsoneachrow',
  'jsoncompacteachrow',
  'jsonstringseachrow',
  'jsoncompactstringseachrow',
  'jsonlines',
  'ndjson',
]);
const STREAMABLE = new Set([
  ...LINES,
  ...['csv', 'tsv', 'tsvraw', 'tabseparated', 'tabseparatedraw', 'rowbinary', 'native', 'lineasstring'],
]);

export function resultFormat(name: string): ResultFormat {
  const format = name.toLowerCase();
  return { contentType: contentType(format), streamable: STREAMABLE.has(format) };
}

function contentType(format: string): string {
  if (LINES.has(format)) return 'application/x-ndjson; charset=UTF-8';
  if (format.startsWith('json')) return 'application/json; charset=UTF-8';
  if (format.startsWith('csv')) return 'text/csv; charset=UTF-8';
  if (format.startsWith('tsv') || format.startsWith('tabseparated')) return 'text/tab-separated-values; charset=UTF-8';
  return 'application/octet-stream';
}
