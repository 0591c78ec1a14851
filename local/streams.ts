/** Lists the streams, from the catalogue. */

import { CATALOGUE, type CatalogueRow } from '../src/ditio/catalogue.ts';
import type { LocalOptions } from './options.ts';
import { EXIT, type ExitCode } from './problem.ts';
import { renderTable } from './table.ts';
import type { Screen } from './terminal.ts';

export function showStreams(options: LocalOptions, screen: Screen): ExitCode {
  if (options.json) {
    screen.results.line(
      JSON.stringify(
        CATALOGUE.map(({ name, table, quirk }) => ({ name, table, quirk })),
        null,
        2,
      ),
    );
    return EXIT.done;
  }
  const lines = renderTable<CatalogueRow>(
    [
      { title: 'stream', align: 'left', text: ({ name }) => name },
      { title: 'special about it', align: 'left', text: ({ quirk }) => quirk ?? '', wraps: true },
    ],
    CATALOGUE,
    screen.results.columns(),
  );
  for (const line of lines) screen.results.line(line);
  return EXIT.done;
}
