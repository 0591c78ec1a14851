/** Finds the word that was probably meant. */

/**
 * ` – did you mean x?` for the nearest known word, or nothing when none is near.
 *
 * @param prefix what the known words are written with: `--` for options
 */
export function didYouMean(given: string, known: readonly string[], prefix = ''): string {
  const word = given.toLowerCase().replaceAll('_', '-');
  const most = Math.max(2, Math.floor(word.length / 3));
  const near = known
    .map((name) => ({ name, edits: countEdits(word, name) }))
    .filter(({ edits }) => edits <= most)
    .sort((a, b) => a.edits - b.edits)[0];
  return near ? ` – did you mean ${prefix}${near.name}?` : '';
}

/** Letters to insert, remove or replace (Levenshtein's distance). */
function countEdits(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (const [row, letter] of [...from].entries()) {
    const line = [row + 1];
    for (let at = 0; at < to.length; at++) {
      const replaced = (above[at] ?? 0) + (to[at] === letter ? 0 : 1);
      line.push(Math.min(replaced, (above[at + 1] ?? 0) + 1, (line[at] ?? 0) + 1));
    }
    above = line;
  }
  return above[to.length] ?? 0;
}
