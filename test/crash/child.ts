/**
 * A process to be killed: runs one sync after another with the real handler until all is complete, then exits with 0.
 *
 * `SHIFT_MS` moves its clock, so that the lease of the process killed before it has run out without anybody waiting.
 */

const shiftMs = Number(process.env.SHIFT_MS ?? 0);
const realNow = Date.now;
Date.now = () => realNow() + shiftMs;

const { compose } = await import('../../src/compose.ts');

const extractor = compose(process.env, {
  writer: {
    write: (level, event, fields) => void process.stdout.write(`${JSON.stringify({ level, event, ...fields })}\n`),
  },
  metrics: { record: () => {}, recordRun: () => {} },
});

for (;;) {
  const report = await extractor.handle({ action: 'sync' }, { getRemainingTimeInMillis: () => 60_000 });
  if (!('outcome' in report) || report.outcome === 'complete') break;
}
process.exit(0);
