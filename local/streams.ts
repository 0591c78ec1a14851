/** Lists the streams, from the catalogue. */

import type { StreamSpec } from '../sql/catalogue/spec.ts';
import { STREAM_SPECS } from '../sql/catalogue/streams.ts';
import type { LocalOptions } from './options.ts';
import { EXIT, type ExitCode } from './problem.ts';
import { renderTable } from './table.ts';
import type { Screen } from './terminal.ts';

export function showStreams(options: LocalOptions, screen: Screen): ExitCode {
  if (options.json) {
    const streams = STREAM_SPECS.map(({ name, table, row, key, notes, access }) => {
      return { name, table, row, key, administrator: access === 'administrator', notes };
    });
    screen.results.line(JSON.stringify(streams, null, 2));
    return EXIT.done;
  }
  const lines = renderTable<StreamSpec>(
    [
      { title: 'stream', align: 'left', text: ({ name }) => name },
      { title: 'key', align: 'left', text: ({ key }) => key.join(', ') || '–' },
      { title: 'a row is', align: 'left', text: aboutRow, wraps: true },
    ],
    STREAM_SPECS,
    screen.results.columns(),
  );
  for (const line of lines) screen.results.line(line);
  return EXIT.done;
}

/** What a row is, and the special rules of the stream. */
function aboutRow({ row, notes, access }: StreamSpec): string {
  return [row, ...(access === 'administrator' ? ['The client must act as an administrator.'] : []), ...notes].join(' ');
}
