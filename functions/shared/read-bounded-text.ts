/**
 * Reads a body as UTF-8 text and stops as soon as it is too large, so that whoever answers cannot fill the memory.
 *
 * @param mostBytes after decompression
 * @returns undefined where there is more, or where it is not UTF-8
 * @throws whatever reading the body throws: the connection ended, or the request's signal did it
 */
export async function readBoundedText(response: Response, mostBytes: number): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop early cancels the body.
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > mostBytes) return undefined;
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    return undefined;
  }
}
