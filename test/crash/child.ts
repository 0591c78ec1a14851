/**
 * A process to be killed: runs one sync after another with the real handler until all is complete, then exits with 0.
 *
 * `SHIFT_MS` moves its clock, so that the lease of the process killed before it has run out without anybody waiting.
 *
 * After three killed runs of a stream the next run reports it as failed and lets the others work; the run after that one
 * tries it again, as the schedule would.
 */

const shiftMs = Number(process.env.SHIFT_MS ?? 0);
const realNow = Date.now;
Date.now = () => realNow() + shiftMs;

const { compose } = await import('../../src/compose.ts');
const { SyncFailedError } = await import('../../src/core/failure/errors.ts');

const failures: unknown[] = [];
const extractor = compose(process.env, {
  writer: {
    write(level, event, fields) {
      if (event === 'hard_failure') failures.push(fields.code);
      process.stdout.write(`${JSON.stringify({ level, event, ...fields })}\n`);
    },
  },
  metrics: { record: () => {}, recordRun: () => {} },
});

for (;;) {
  if (await isComplete()) break;
}
process.exit(0);

async function isComplete(): Promise<boolean> {
  try {
    const report = await extractor.handle({ action: 'sync' }, { getRemainingTimeInMillis: () => 60_000 });
    return !('outcome' in report) || report.outcome === 'complete';
  } catch (error) {
    if (error instanceof SyncFailedError && isAfterKills()) return false;
    throw error;
  }
}

/** Whether every failure so far says that runs before this process died. */
function isAfterKills(): boolean {
  return failures.length > 0 && failures.every((code) => code === 'RunsDied');
}
