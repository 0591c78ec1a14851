/** Tests the output for a person: tables and lines fit the terminal, and each cause is shown once. */

import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { npmNote, wordsOf } from '../../local/hints.ts';
import { createProgress } from '../../local/progress.ts';
import { type Column, countOf, formatBytes, formatDuration, renderTable } from '../../local/table.ts';
import { createTerminal, layOut, wrap } from '../../local/terminal.ts';
import { CATALOGUE } from '../../src/ditio/catalogue.ts';

interface Fake {
  readonly terminal: ReturnType<typeof createTerminal>;
  readonly shown: () => string;
}

/** @param columns width of a terminal; null for a pipe */
function fake(columns: number | null, env: Readonly<Record<string, string>> = {}): Fake {
  const stream = Object.assign(new PassThrough(), columns === null ? {} : { isTTY: true, columns });
  let text = '';
  stream.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  return {
    terminal: createTerminal(stream, env),
    shown: () => {
      stream.read();
      return text;
    },
  };
}

const NEVER = () => false;

const finished = (stream: string, more: Readonly<Record<string, unknown>> = {}) => ({
  stream,
  outcome: 'complete',
  mode: 'incremental',
  records: 12_345,
  deleted: 7,
  bytes: 5_000_000,
  duration_ms: 1_234,
  ...more,
});

describe('the progress of a run', () => {
  for (const columns of [60, 80, 120]) {
    it(`fits ${columns} columns for every stream`, () => {
      const { terminal, shown } = fake(columns);
      const progress = createProgress(terminal, false, NEVER);
      for (const { name } of CATALOGUE) {
        progress.write('info', 'stream_started', { stream: name, mode: 'full' });
        for (let page = 0; page < 40; page++) progress.write('debug', 'page_fetched', { stream: name, records: 1_000 });
      }
      for (const { name } of CATALOGUE) progress.write('info', 'stream_finished', finished(name));
      progress.write('error', 'hard_failure', {
        stream: null,
        kind: 'lake',
        message: 'm '.repeat(80),
        hint: 'h '.repeat(80),
      });
      const lines = shown()
        .split('\n')
        .map((line) => stripVTControlCharacters(line.split('\r').at(-1) ?? ''));
      assert.deepEqual(
        lines.filter((line) => line.length > columns),
        [],
      );
      for (const { name } of CATALOGUE)
        assert.ok(
          lines.some((line) => line.includes(`✓ ${name} `)),
          name,
        );
    });
  }

  it('draws nothing again on a pipe or a terminal that cannot', () => {
    for (const { terminal, shown } of [fake(null), fake(80, { TERM: 'dumb' })]) {
      const progress = createProgress(terminal, false, NEVER);
      progress.write('info', 'stream_started', { stream: 'project', mode: 'full' });
      progress.write('debug', 'page_fetched', { stream: 'project', records: 5 });
      assert.equal(shown(), '');
      progress.write('info', 'stream_finished', finished('project'));
      assert.ok(!/\r/.test(shown()) && !shown().includes('[2K'));
    }
  });

  it('explains the same cause once, however many streams it stops', () => {
    const { terminal, shown } = fake(null);
    const progress = createProgress(terminal, false, NEVER);
    for (const stream of ['project', 'user']) {
      progress.write('error', 'hard_failure', { stream, kind: 'credentials', message: 'refused', hint: 'look at it' });
    }
    assert.equal(shown().match(/What to do/g)?.length, 1);
    assert.match(shown(), /✗ user – credentials, as above/);
  });

  it('shows a cause that stops every stream once, with variables in place of the secret', () => {
    const { terminal, shown } = fake(null);
    const progress = createProgress(terminal, false, NEVER);
    for (const stream of ['project', 'user']) {
      progress.write('info', 'stream_finished', finished(stream, { outcome: 'failed', records: 0 }));
    }
    progress.write('info', 'stream_finished', finished('images', { outcome: 'failed', records: 5 }));
    const hint = 'Put them into the secret.';
    progress.write('error', 'hard_failure', { stream: null, kind: 'credentials', message: 'refused', hint });
    assert.match(shown(), /^ {2}✗ images .*\n {2}✗ credentials: refused\n {4}What to do: Check DITIO_CLIENT_ID .*\n$/);
    assert.doesNotMatch(shown(), /the secret/);
  });

  it('shows a stream that failed by itself, also before its first record', () => {
    const { terminal, shown } = fake(null);
    const progress = createProgress(terminal, false, NEVER);
    progress.write('error', 'hard_failure', { stream: 'user', kind: 'forbidden', message: 'refused', hint: 'ask' });
    progress.write('info', 'stream_finished', finished('user', { outcome: 'failed', records: 0 }));
    assert.match(shown(), /✗ user – forbidden: refused\n.*\n.*✗ user .* – failed\n$/);
  });

  it('says why a stream that is read window by window takes long', () => {
    const { terminal, shown } = fake(null);
    const progress = createProgress(terminal, false, NEVER);
    progress.write('info', 'stream_started', { stream: 'machine-registrations', mode: 'full' });
    for (let page = 0; page < 100; page++) {
      progress.write('debug', 'page_fetched', { stream: 'machine-registrations', records: 0 });
    }
    progress.write('info', 'stream_finished', finished('machine-registrations'));
    assert.equal(shown().match(/takes long: this server returns at most 7 days per request/g)?.length, 1, shown());
    assert.match(shown(), /100 pages/);
  });

  it('leaves out what the jumped clock of a stopped run has measured', () => {
    const { terminal, shown } = fake(null);
    let isStopped = false;
    const progress = createProgress(terminal, false, () => isStopped);
    progress.write('info', 'stream_finished', finished('project'));
    isStopped = true;
    progress.write('warn', 'clock_disagrees', { stream: 'user', clock_skew_ms: -885_000, lookback_ms: 300_000 });
    progress.write('info', 'stream_finished', finished('user', { duration_ms: 885_000 }));
    assert.match(shown(), /✓ project .* \(5\.0 MB, 1\.2 s\)\n.*✓ user .* \(5\.0 MB\)\n$/);
  });

  it('shows the log lines themselves when asked to, and keeps the summary of the run', () => {
    const { terminal, shown } = fake(80);
    const progress = createProgress(terminal, true, NEVER);
    progress.write('info', 'run_summary', { outcome: 'complete' });
    assert.deepEqual(JSON.parse(shown()), { level: 'INFO', event: 'run_summary', outcome: 'complete' });
    assert.deepEqual(progress.summary(), { outcome: 'complete' });
  });
});

interface Row {
  readonly name: string;
  readonly count: string;
  readonly more: string;
}

const COLUMNS: ReadonlyArray<Column<Row>> = [
  { title: 'name', align: 'left', text: ({ name }) => name },
  { title: 'count', align: 'right', text: ({ count }) => count, dropAt: 1 },
  { title: 'more', align: 'left', text: ({ more }) => more, wraps: true },
];
const ROWS = [{ name: 'project', count: '12', more: 'a sentence that is too long for a narrow terminal' }];

describe('a table', () => {
  it('has any width on a pipe', () => {
    assert.deepEqual(renderTable(COLUMNS, ROWS), [
      'name     count  more',
      '───────  ─────  ─────────────────────────────────────────────────',
      'project     12  a sentence that is too long for a narrow terminal',
    ]);
  });

  it('breaks its last column, and then leaves columns out, to fit', () => {
    assert.deepEqual(renderTable(COLUMNS, ROWS, 44), [
      'name     count  more',
      '───────  ─────  ────────────────────────────',
      'project     12  a sentence that is too long',
      '                for a narrow terminal',
    ]);
    assert.deepEqual(renderTable(COLUMNS, ROWS, 36).slice(0, 1), ['name     more']);
  });

  it('is a block for each row where even what must stay is wider', () => {
    const key = { title: 'key', align: 'left', text: () => 'a key of many words' } as const;
    assert.deepEqual(renderTable([...COLUMNS.slice(0, 1), key, ...COLUMNS.slice(1)], ROWS, 28), [
      'project  a key of many words',
      '    a sentence that is too',
      '    long for a narrow',
      '    terminal',
    ]);
    assert.deepEqual(renderTable([...COLUMNS.slice(0, 1), key, ...COLUMNS.slice(1)], ROWS, 24).slice(0, 2), [
      'project',
      '    key: a key of many',
    ]);
  });
});

describe('a result for a program', () => {
  const npm = { npm_lifecycle_event: 'local' };
  const note = (env: Readonly<Record<string, string>>, columns: number | null) =>
    npmNote(env, fake(columns).terminal, `npm run -s local -- ${wordsOf(['query', 'select 1', '--json'])}`);

  it('comes with the command that keeps npm silent', () => {
    assert.match(note(npm, null) ?? '', /Keep it silent:\n {2}npm run -s local -- query "select 1" --json$/);
  });

  for (const [where, env, columns] of [
    ['on a terminal', npm, 80],
    ['where npm is silent', { ...npm, npm_config_loglevel: 'silent' }, null],
    ['without npm', {}, null],
  ] as const) {
    it(`needs no such word ${where}`, () => assert.equal(note(env, columns), null));
  }
});

describe('text', () => {
  it('is broken at spaces, but not a command, nor a long word', () => {
    assert.deepEqual(wrap('one two three', 8), ['one two', 'three']);
    assert.deepEqual(wrap('a\n  npm run local -- status', 8), ['a', '  npm run local -- status']);
    assert.deepEqual(wrap('incomprehensible', 8), ['incomprehensible']);
  });

  it('explains terms on the same line, or below them on a narrow terminal', () => {
    const pairs = [['--live', 'the real one']] as const;
    assert.deepEqual(layOut(pairs, 80, 2), ['  --live  the real one']);
    assert.deepEqual(layOut(pairs, 40, 2), ['  --live', '      the real one']);
  });

  it('gives sizes and times in the largest fitting unit', () => {
    assert.deepEqual([999, 1_200, 45_600_000].map(formatBytes), ['999 B', '1.2 kB', '46 MB']);
    assert.deepEqual([400, 192_000].map(formatDuration), ['0.4 s', '3 min 12 s']);
    assert.deepEqual([59_940, 59_960, 119_700].map(formatDuration), ['59.9 s', '1 min 0 s', '2 min 0 s']);
    assert.deepEqual(
      [0, 1, 1_200].map((count) => countOf(count, 'record')),
      ['0 records', '1 record', '1,200 records'],
    );
  });
});
