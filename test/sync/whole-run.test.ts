import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FailureKind } from '../../src/core/failure/errors.ts';
import { createStage, type Stage } from './stage.ts';

const STREAMS = ['project', 'time-registrations', 'machine-registrations', 'checklist-registrations'];

interface Cause {
  readonly what: string;
  readonly kind: FailureKind;
  readonly strike: (stage: Stage) => void;
  readonly repair: (stage: Stage) => void;
}

const CAUSES: readonly Cause[] = [
  {
    what: 'no token can be obtained',
    kind: 'credentials',
    strike: ({ world }) => {
      world.identity.refusesAll = true;
    },
    repair: ({ world }) => {
      world.identity.refusesAll = false;
    },
  },
  {
    what: 'the state table is not there',
    kind: 'state',
    strike: ({ world }) => {
      world.store.isMissing = true;
    },
    repair: ({ world }) => {
      world.store.isMissing = false;
    },
  },
  {
    what: 'the lake is not there',
    kind: 'lake',
    strike: ({ world }) => {
      world.lake.isMissing = true;
    },
    repair: ({ world }) => {
      world.lake.isMissing = false;
    },
  },
];

describe('a cause that stops every stream', () => {
  for (const { what, kind, strike, repair } of CAUSES) {
    it(`ends the run with one line, whose stream is null: ${what}`, async () => {
      const stage = createStage(STREAMS);
      stage.fill(12);
      strike(stage);
      const report = await stage.run();
      const { failures } = stage.world;
      assert.deepEqual(
        failures.map((line) => [line.kind, line.stream, line.sync_id]),
        [[kind, null, null]],
      );
      assert.equal(report.outcome, 'failed');
      for (const stream of report.streams) {
        assert.deepEqual([stream.outcome, stream.failure?.kind], ['failed', kind], stream.stream);
      }
    });

    it(`loses nothing, and the run after it completes: ${what}`, async () => {
      const stage = createStage(STREAMS);
      stage.fill(12);
      strike(stage);
      await stage.run();
      repair(stage);
      await stage.world.clock.sleep(15 * 60_000);
      assert.equal((await stage.run()).outcome, 'complete');
      stage.world.checker.presentStateEqualsSource();
    });
  }

  it('ends the run soon: not every stream is tried', async () => {
    const stage = createStage(STREAMS);
    stage.fill(12);
    stage.world.lake.isMissing = true;
    const report = await stage.run(undefined, { concurrency: 1 });
    assert.deepEqual(
      report.streams.filter(({ requests }) => requests > 0).map(({ stream }) => stream),
      ['project'],
    );
  });
});

describe('a secret without a value yet', () => {
  it('is no failure: one line of warning, nothing asked, nothing thrown, nothing stored', async () => {
    const stage = createStage(STREAMS);
    stage.world.isSecretEmpty = true;
    const report = await stage.run();
    assert.deepEqual([report.outcome, report.streams], ['unconfigured', []]);
    assert.deepEqual(stage.world.failures, []);
    assert.deepEqual(
      stage.world.warnings.map(({ event, fields }) => [event, fields.outcome]),
      [['run_summary', 'unconfigured']],
    );
    assert.equal(stage.world.identity.issued, 0);
    assert.equal(stage.world.store.records.size, 0);
  });

  it('is read with the first run after a person has stored one', async () => {
    const stage = createStage(STREAMS);
    stage.fill(3);
    stage.world.isSecretEmpty = true;
    await stage.run();
    stage.world.isSecretEmpty = false;
    assert.equal((await stage.run()).outcome, 'complete');
    stage.world.checker.presentStateEqualsSource();
  });
});
