/** The known key that takes the fewest single-character edits to reach, or undefined where nothing is known. */
export function nearestKey(seen: string, known: readonly string[]): string | undefined {
  let nearest: { readonly key: string; readonly edits: number } | undefined;
  for (const key of known) {
    const edits = editDistance(seen, key);
    if (nearest === undefined || edits < nearest.edits) nearest = { key, edits };
  }
  return nearest?.key;
}

/** Levenshtein distance, row by row. */
function editDistance(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const replaced = (above[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    above = current;
  }
  return above[to.length] ?? 0;
}
