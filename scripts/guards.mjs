/**
 * Takes guards away, one at a time, in a copy of the tree, and shows that a test fails for each: `npm run guards`.
 *
 * A guard whose removal no test notices is a guard that nobody would miss until it is needed. Each row names the guard,
 * the text that makes it, what is put in its place, and the suites that must notice.
 */

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SIMULATION = 'test/simulation/simulation.test.ts';
const RUN = 'test/sync/run.test.ts';

const GUARDS = [
  {
    name: 'lease check: a lease that is held is not given away',
    file: 'src/aws/cursor-store.ts',
    find: "const IS_FREE = [NEVER_STORED, GIVEN_BACK, RUN_OUT, OURS].join(' OR ');",
    replace: "const IS_FREE = [NEVER_STORED, GIVEN_BACK, RUN_OUT, OURS, 'attribute_exists(pk)'].join(' OR ');",
    tests: ['test/contract/*.test.ts'],
  },
  {
    name: 'version check: a save needs the version it read',
    file: 'src/aws/cursor-store.ts',
    find: "const IS_STILL_OURS = [SAME_OWNER, SAME_VERSION].join(' AND ');",
    replace: "const IS_STILL_OURS = [SAME_OWNER, '(attribute_exists(pk) OR #version = :version)'].join(' AND ');",
    tests: ['test/contract/*.test.ts'],
  },
  {
    name: 'object before cursor: the part is durable before the cursor counts it',
    file: 'src/sync/batch.ts',
    find: 'await batch.part.commit(partKey(table, open.syncId, version), scope);',
    replace: 'void batch.part.commit(partKey(table, open.syncId, version), scope).catch(() => {});',
    tests: [SIMULATION],
  },
  {
    name: 'reserve: no request begins in the time kept back',
    file: 'src/core/deadline.ts',
    find: 'const workEnd = start + remainingMs - reserve;',
    replace: 'const workEnd = start + remainingMs;',
    tests: ['test/core/deadline.test.ts', SIMULATION],
  },
  {
    name: 'jitter bound: a wait is never shorter than the schedule, nor longer by more than a quarter',
    file: 'src/core/backoff.ts',
    find: 'return delayMs * (1 + JITTER_SHARE * random);',
    replace: 'return delayMs * (1 + 2 * (random - 0.5));',
    tests: ['test/core/*.test.ts'],
  },
  {
    name: 'renew once: the second 401 of a call is hard',
    file: 'src/ditio/pages.ts',
    find: "if (error instanceof AnswerRefused && error.row.action === 'renew_token' && !unauthorized) {",
    replace: "if (error instanceof AnswerRefused && error.row.action === 'renew_token') {",
    tests: ['test/ditio/*.test.ts'],
  },
  {
    name: 'loop guard: a continuation token handed out twice ends the stream',
    file: 'src/core/page-check.ts',
    find: "if (guard === 'loop' || trail.seen.has(tokenHash)) {",
    replace: "if (guard === 'never') {",
    tests: ['test/core/page-check.test.ts'],
  },
  {
    name: 'count check: a page must hold what it says it holds',
    file: 'src/core/page-check.ts',
    find: 'if (page.recordCount !== null && page.recordCount !== page.records) {',
    replace: 'if (page.recordCount === -1) {',
    tests: ['test/core/page-check.test.ts'],
  },
  {
    name: 'redaction: known secrets are cut out of every line',
    file: 'src/core/redact.ts',
    find: 'for (const spelling of spellings) cleaned = cleaned.replaceAll(spelling, REDACTED);',
    replace: '',
    tests: ['test/core/redact.test.ts'],
  },
  {
    name: 'Retry-After: the server may ask for a longer wait',
    file: 'src/core/backoff.ts',
    find: 'return Math.max(jittered(delayMs, random), retryAfterMs ?? 0);',
    replace: 'return jittered(delayMs, random);',
    tests: ['test/core/*.test.ts', 'test/ditio/*.test.ts'],
  },
  {
    name: 'lost answers: a refused save is read back before it is called a lost race',
    file: 'src/sync/lease.ts',
    find: 'return stored !== undefined && stored.version === expected && stored.owner === owner;',
    replace: 'return stored === null;',
    tests: [SIMULATION, RUN, 'test/sync/*.test.ts'],
  },
  {
    name: 'unread syncs: a sync of which no page was counted is not kept open',
    file: 'src/core/cursor.ts',
    find: 'const open = cursor.open?.openedAt == null ? null : cursor.open;',
    replace: 'const { open } = cursor;',
    tests: [SIMULATION],
  },
  {
    name: 'watermark: it never goes back',
    file: 'src/core/cursor.ts',
    find: 'return cursor.watermark === null ? open.openedAt : later(cursor.watermark, open.openedAt);',
    replace: 'return open.openedAt;',
    tests: ['test/core/*.test.ts', 'test/property/*.test.ts', SIMULATION],
  },
  {
    name: 'lookback: an incremental sync begins below the watermark',
    file: 'src/core/plan.ts',
    find: 'const modifiedSince = addMs(cursor.watermark, -settings.lookbackMs);',
    replace: 'const modifiedSince = addMs(cursor.watermark, 1000);',
    tests: ['test/core/plan.test.ts', SIMULATION],
  },
  {
    name: 'failed read of the state: never taken for a first run',
    file: 'src/aws/cursor-item.ts',
    find: 'if (!decoded.ok) throw unreadable(stream, `state: ${decoded.problem}`);',
    replace: 'if (!decoded.ok) return NEW_CURSOR;',
    tests: ['test/contract/cursor-store.test.ts'],
  },
];

const copy = mkdtempSync(join(tmpdir(), 'guards-'));
let unnoticed = 0;
try {
  for (const entry of ['src', 'test', 'events', 'docs', 'package.json', 'tsconfig.json', 'biome.json', 'README.md']) {
    cpSync(entry, join(copy, entry), { recursive: true });
  }
  symlinkSync(join(process.cwd(), 'node_modules'), join(copy, 'node_modules'));
  for (const guard of GUARDS) {
    const path = join(copy, guard.file);
    const text = readFileSync(path, 'utf8');
    if (!text.includes(guard.find)) {
      console.log(`✗ ${guard.name}: its text is no longer in ${guard.file}`);
      unnoticed += 1;
      continue;
    }
    writeFileSync(path, text.replace(guard.find, guard.replace));
    const noticed = guard.tests.some((pattern) => fails(pattern));
    writeFileSync(path, text);
    console.log(`${noticed ? '✓' : '✗ NOT NOTICED'} ${guard.name}`);
    if (!noticed) unnoticed += 1;
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
console.log(`\n${GUARDS.length - unnoticed} passed, ${unnoticed} failed`);
process.exitCode = unnoticed === 0 ? 0 : 1;

function fails(pattern) {
  const { status } = spawnSync(process.execPath, ['--test', pattern], {
    cwd: copy,
    encoding: 'utf8',
    timeout: 300_000,
  });
  return status !== 0;
}
