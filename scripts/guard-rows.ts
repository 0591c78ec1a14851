/**
 * The guards that `npm run guards` takes away one at a time, and the suites that must notice. Data only.
 *
 * `test/repo/reliability.test.ts` keeps the rows fresh: the text of each stands in its file, the suites are there.
 */

export interface Guard {
  /** What it is called in `docs/reliability.md`, a colon, and what it sees to. */
  readonly name: string;
  readonly file: string;
  /** The text that makes the guard; stands in the file once. */
  readonly find: string;
  /** What is put in its place. */
  readonly replace: string;
  /** Patterns of suites; at least one must fail. */
  readonly tests: readonly string[];
}

const SIMULATION = 'test/simulation/simulation.test.ts';
const RUN = 'test/sync/run.test.ts';

export const GUARDS: readonly Guard[] = [
  {
    name: 'lease check: a lease that is held is not given away',
    file: 'src/aws/cursor-store.ts',
    find: 'const IS_FREE = [NEVER_STORED, RELEASED, EXPIRED, SAME_OWNER];',
    replace: "const IS_FREE = [NEVER_STORED, RELEASED, EXPIRED, SAME_OWNER, 'attribute_exists(pk)'];",
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
    file: 'src/sync/pages/checkpoint.ts',
    find: 'await batch.part.commit(partKey(rule.table, syncId, named), scope);',
    replace: 'void batch.part.commit(partKey(rule.table, syncId, named), scope).catch(() => {});',
    tests: [SIMULATION],
  },
  {
    name: 'reserve: no request begins in the time kept back',
    file: 'src/core/time/deadline.ts',
    find: 'const workEnd = start + remainingMs - reserve;',
    replace: 'const workEnd = start + remainingMs;',
    tests: ['test/core/time/deadline.test.ts', SIMULATION],
  },
  {
    name: 'jitter bound: a wait is never shorter than the schedule, nor longer by more than a quarter',
    file: 'src/core/retry/backoff.ts',
    find: 'return delayMs * (1 + JITTER_SHARE * random);',
    replace: 'return delayMs * (1 + 2 * (random - 0.5));',
    tests: ['test/core/**/*.test.ts'],
  },
  {
    name: 'renew once: the second 401 of a call is hard',
    file: 'src/ditio/pages.ts',
    find: "if (error instanceof AnswerRefused && error.status === 401 && state.renewal === 'unused') {",
    replace: 'if (error instanceof AnswerRefused && error.status === 401) {',
    tests: ['test/ditio/**/*.test.ts'],
  },
  {
    name: 'loop guard: a continuation token handed out twice ends the stream',
    file: 'src/core/page/page-check.ts',
    find: "if (guard === 'loop' || trail.seen.has(tokenHash)) {",
    replace: "if (guard === 'never') {",
    tests: ['test/core/page/page-check.test.ts'],
  },
  {
    name: 'count check: a page must hold what it says it holds',
    file: 'src/core/page/page-check.ts',
    find: 'if (page.recordCount !== null && page.recordCount !== page.records) {',
    replace: 'if (page.recordCount === -1) {',
    tests: ['test/core/page/page-check.test.ts'],
  },
  {
    name: 'redaction: known secrets are cut out of every line',
    file: 'src/core/failure/redact.ts',
    find: 'const hidden = hide(text, needles);',
    replace: 'const hidden = text;',
    tests: ['test/core/failure/redact.test.ts'],
  },
  {
    name: 'Retry-After: the server may ask for a longer wait',
    file: 'src/core/retry/backoff.ts',
    find: 'return Math.max(jittered(delayMs, random), retryAfterMs ?? 0);',
    replace: 'return jittered(delayMs, random);',
    tests: ['test/core/**/*.test.ts', 'test/ditio/**/*.test.ts'],
  },
  {
    name: 'lost answers: a refused save is read back before it is called a lost race',
    file: 'src/sync/lease.ts',
    find: 'stored !== undefined &&',
    replace: 'stored === null &&',
    tests: [SIMULATION, RUN, 'test/sync/*.test.ts'],
  },
  {
    name: 'unread syncs: a sync of which no page was counted is not kept open',
    file: 'src/core/cursor/cursor.ts',
    find: 'const own = cursor.own?.openedAt == null ? null : cursor.own;',
    replace: 'const { own } = cursor;',
    tests: ['test/core/cursor/cursor.test.ts'],
  },
  {
    name: 'watermark: it never goes back',
    file: 'src/core/cursor/cursor.ts',
    find: 'return cursor.watermark === null ? open.openedAt : later(cursor.watermark, open.openedAt);',
    replace: 'return open.openedAt;',
    tests: ['test/core/**/*.test.ts', 'test/property/*.test.ts', SIMULATION],
  },
  {
    name: 'lookback: an incremental sync begins below the watermark',
    file: 'src/core/cursor/plan.ts',
    find: 'addMs(watermark, -settings.lookbackMs)',
    replace: 'addMs(watermark, 1000)',
    tests: ['test/core/cursor/plan.test.ts', SIMULATION],
  },
  {
    name: 'failed read of the state: never taken for a first run',
    file: 'src/aws/cursor-item.ts',
    find: 'if (!decoded.ok) throw unreadable(stream,',
    replace: 'if (!decoded.ok) return NEW_CURSOR; if (false) throw unreadable(stream,',
    tests: ['test/contract/cursor-store.test.ts'],
  },
  {
    name: 'lease end: the invocation limit plus 5 s',
    file: 'src/sync/lease.ts',
    find: 'const until = addMs(invocationEndsAt, LEASE_AFTER_LIMIT_MS);',
    replace: 'const until = addMs(invocationEndsAt, 60 * LEASE_AFTER_LIMIT_MS);',
    tests: ['test/sync/lease.test.ts'],
  },
  {
    name: 'reserve: never more than a quarter of the time there is',
    file: 'src/core/time/deadline.ts',
    find: 'const reserve = Math.min(reserveMs, remainingMs / 4);',
    replace: 'const reserve = reserveMs;',
    tests: ['test/core/time/deadline.test.ts'],
  },
  {
    name: 'mode check: a page of the other mode is refused',
    file: 'src/core/page/page-check.ts',
    find: 'if (page.syncTypeName !== null && page.syncTypeName.toLowerCase() !== asked) {',
    replace: "if (page.syncTypeName === 'never') {",
    tests: ['test/core/page/page-check.test.ts'],
  },
  {
    name: 'hosts: a token goes to configured hosts only',
    file: 'src/ditio/http/transport.ts',
    find: 'if (!origins.has(url.origin)) {',
    replace: 'if (origins.size === 0) {',
    tests: ['test/ditio/http/transport.test.ts'],
  },
  {
    name: 'restart: a refused continuation token begins the sync anew once, not for ever',
    file: 'src/sync/stream/opening.ts',
    find: 'if (open.restarts === 1) {',
    replace: 'if (open.pageSize === 0) {',
    tests: ['test/sync/tokens.test.ts'],
  },
  {
    name: 'run causes: what stops every stream is told once',
    file: 'src/sync/ending.ts',
    find: "if (failure.concerns === 'stream') logHardFailure",
    replace: 'logHardFailure',
    tests: ['test/sync/whole-run.test.ts'],
  },
  {
    name: 'early lease: it outlasts its invocation',
    file: 'src/sync/lease.ts',
    find: 'addMs(invocationEndsAt, LEASE_AFTER_LIMIT_MS)',
    replace: 'invocationEndsAt',
    tests: ['test/sync/lease.test.ts'],
  },
  {
    name: 'stamp floor: no stamp is earlier than the instant that won the lease',
    file: 'src/sync/lease.ts',
    find: 'return later(later(acquiredAt, lastSync), cursor.lastExtractedAt ?? acquiredAt);',
    replace: 'return cursor.lastExtractedAt ?? (lastSync === acquiredAt ? (0 as Instant) : lastSync);',
    tests: ['test/sync/lease.test.ts'],
  },
  {
    name: 'remaining time: the deadline is that of the invocation',
    file: 'src/extractor.ts',
    find: 'context?.getRemainingTimeInMillis?.() ?? MAX_INVOCATION_MS',
    replace: 'context === null ? 0 : MAX_INVOCATION_MS',
    tests: ['test/extractor.test.ts'],
  },
  {
    name: 'reserve set: the configured reserve reaches the deadline',
    file: 'src/extractor.ts',
    find: 'leftMs(), config.reserveMs)',
    replace: 'leftMs(), 0)',
    tests: ['test/extractor.test.ts'],
  },
  {
    name: 'source name: host and filters count in it',
    file: 'src/compose.ts',
    find: '[environment, hostname, pathname, historyStart, filters]',
    replace: '[environment, pathname, historyStart]',
    tests: ['test/compose.test.ts'],
  },
  {
    name: 'foreign backfill: it never goes on under another source',
    file: 'src/core/cursor/cursor.ts',
    find: '    own: null,\n    backfill: null,\n',
    replace: '    own: null,\n',
    tests: ['test/core/cursor/cursor.test.ts'],
  },
  {
    name: 'drained first: the manifest comes after the checkpoint that says so',
    file: 'src/sync/pages/checkpoint.ts',
    find: 'await lease.save(next(cursor), after, scope);',
    replace:
      "if (drainedAt !== null && after === 'keep') lease.stage(next(cursor));\n    else await lease.save(next(cursor), after, scope);",
    tests: ['test/sync/across-runs.test.ts'],
  },
  {
    name: 'loop guard kept: it goes on from run to run',
    file: 'src/sync/pages/reader.ts',
    find: 'return { open, position, openedAt: known,',
    replace: 'return { open, position: { ...position, loopGuard: newLoopGuard() }, openedAt: known,',
    tests: ['test/sync/across-runs.test.ts'],
  },
  {
    name: 'reset stamps: a reset stores how far stamps may have come',
    file: 'src/sync/actions/reset.ts',
    find: '{ ...resetCursor(lease.cursor()), lastExtractedAt: lease.stamps.last() }',
    replace: 'resetCursor(lease.cursor())',
    tests: ['test/sync/actions/reset.test.ts'],
  },
  {
    name: 'reset lease: a reset looks at every lease first',
    file: 'src/sync/actions/reset.ts',
    find: 'if (held.length > 0) throw refusal(held);',
    replace: '',
    tests: ['test/sync/actions/reset.test.ts'],
  },
  {
    name: 'owed full sync: one that is begun anew stays one',
    file: 'src/core/cursor/cursor.ts',
    find: "own?.mode === 'full' ? (cursor.fullOwed ?? 'requested') : cursor.fullOwed",
    replace: 'cursor.fullOwed',
    tests: ['test/core/cursor/cursor.test.ts'],
  },
  {
    name: 'request age: a request that waited for days is made anew before the server refuses it',
    file: 'src/core/cursor/request-age.ts',
    find: 'if (asked === null || since === null || since - asked < CHANGES_LIVE_MS / 2) return open;',
    replace: 'if (asked !== null || since !== null) return open;',
    tests: ['test/sync/machines.test.ts'],
  },
  {
    name: 'backfill age: a backfill that waited for days is not given up',
    file: 'src/core/cursor/plan.ts',
    find: 'resumed(rule, cursor, backfill, now)',
    replace: 'backfill',
    tests: ['test/sync/machines.test.ts'],
  },
  {
    name: 'lent lines: the next lines are not written over those that are still being compressed',
    file: 'src/core/page/lines.ts',
    find: 'if (usedBytes > 0) [room, lent] = [lent, room];',
    replace: '',
    tests: ['test/core/page/page-splitter.test.ts'],
  },
  {
    name: 'lent lines: a piece is compressed before its memory is used again',
    file: 'src/lake/page.ts',
    find: '      await compressing;',
    replace: '',
    tests: ['test/contract/lake.test.ts'],
  },
  {
    name: 'own days: an item row belongs to one window',
    file: 'src/core/page/item-text.ts',
    find: '    if (!isOwnDay(own, day)) return row.end;\n',
    replace: '',
    tests: ['test/core/page/item-text.test.ts', SIMULATION],
  },
  {
    name: 'asked days: windows of item rows overlap by a day',
    file: 'src/core/page/item-days.ts',
    find: 'from === null ? window.from : addMs(from, -DAY_MS)',
    replace: 'window.from',
    tests: ['test/core/page/item-days.test.ts'],
  },
  {
    name: 'silent identity: runs without a token count',
    file: 'src/ditio/pages.ts',
    find: '  scope.tally.hasStartedRequest = true;\n',
    replace: '',
    tests: ['test/sync/fairness.test.ts'],
  },
  {
    name: 'one client a run: no token of another is used',
    file: 'src/ditio/auth/tokens.ts',
    find: '    if (client.clientId === clientId) return;\n',
    replace: '    return;\n',
    tests: ['test/ditio/auth/*.test.ts'],
  },
  {
    name: 'two suspects: they are never at work together',
    file: 'src/sync/queue.ts',
    find: '!isSuspect || !isSuspectAtWork',
    replace: '!isSuspect || isSuspect',
    tests: ['test/sync/queue.test.ts'],
  },
  {
    name: 'failed page: a page that says so is not believed',
    file: 'src/core/page/envelope.ts',
    find: '      refuseFailed(members);\n',
    replace: '',
    tests: ['test/core/page/page-refusals.test.ts'],
  },
];
