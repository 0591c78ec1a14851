import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DeadlineReached, HardFailure } from '../../../src/core/failure/errors.ts';
import { AWS_DELAYS_MS, type AwsCall, callAws } from '../../../src/core/retry/aws-call.ts';
import { testScope } from '../../fakes/scope.ts';
import { createVirtualClock } from '../../fakes/virtual-clock.ts';

const CALL: AwsCall = {
  service: 'dynamodb',
  operation: 'DynamoDB UpdateItem',
  attemptTimeoutMs: 5000,
  until: 'work',
};
const NO_JITTER = { next: () => 0, uuid: () => 'unused' };

function throttled(): Error {
  return Object.assign(new Error('slow down'), { name: 'ThrottlingException', $metadata: { httpStatusCode: 400 } });
}

/** Throws these, one a call, then answers. */
function answersAfter(...errors: Error[]): (signal: AbortSignal) => Promise<string> {
  return async () => {
    const error = errors.shift();
    if (error) throw error;
    return 'answer';
  };
}

describe('a call to AWS', () => {
  it('waits 100, 200, 400 and 800 ms between five attempts, and tells of each wait', async () => {
    const clock = createVirtualClock();
    const scope = testScope({ clock });
    const errors = Array.from({ length: 4 }, throttled);
    assert.equal(await callAws({ clock, random: NO_JITTER }, CALL, scope, answersAfter(...errors)), 'answer');
    assert.deepEqual(
      scope.log.of('retry_wait').map(({ run_id: _run, stream: _stream, sync_id: _sync, ...line }) => line),
      AWS_DELAYS_MS.map((delayMs, index) => ({
        request: 'DynamoDB UpdateItem',
        attempt: index + 1,
        delay_ms: delayMs,
        throttled: true,
        reason: 'dynamodb_throttled',
        status: 400,
        code: 'ThrottlingException',
      })),
    );
    assert.equal(clock.monotonicMs(), 1500);
  });

  it('gives up after five attempts, with the evidence of the last', async () => {
    const clock = createVirtualClock();
    const errors = Array.from({ length: 5 }, throttled);
    const last = errors[4];
    const calling = callAws({ clock, random: NO_JITTER }, CALL, testScope({ clock }), answersAfter(...errors));
    await assert.rejects(calling, (error) => {
      assert.ok(error instanceof HardFailure);
      assert.equal(error.kind, 'state');
      assert.equal(error.cause, last);
      assert.equal(error.facts.attempts, 5);
      assert.equal(error.facts.elapsedMs, 1500);
      assert.equal(error.facts.request, 'DynamoDB UpdateItem');
      return true;
    });
  });

  it('does not repeat what is refused for good, and counts the attempts before', async () => {
    const clock = createVirtualClock();
    const denied = Object.assign(new Error('no'), { name: 'AccessDeniedException' });
    const calling = callAws(
      { clock, random: NO_JITTER },
      CALL,
      testScope({ clock }),
      answersAfter(throttled(), denied, throttled()),
    );
    await assert.rejects(calling, (error) => {
      assert.ok(error instanceof HardFailure);
      assert.equal(error.cause, denied);
      assert.equal(error.facts.attempts, 2);
      return true;
    });
  });

  it('takes the schedule it is given', async () => {
    const clock = createVirtualClock();
    const call = { ...CALL, delaysMs: [7] };
    await assert.rejects(
      callAws({ clock, random: NO_JITTER }, call, testScope({ clock }), answersAfter(throttled(), throttled())),
      HardFailure,
    );
    assert.equal(clock.monotonicMs(), 7);
  });

  it('breaks an attempt off through its signal and tries again', async () => {
    const clock = createVirtualClock();
    let attempts = 0;
    const answer = await callAws({ clock, random: NO_JITTER }, CALL, testScope({ clock }), (signal) => {
      attempts += 1;
      if (attempts > 1) return Promise.resolve('answer');
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new Error('broken off')));
      });
    });
    assert.equal(answer, 'answer');
    assert.equal(clock.monotonicMs(), 5100);
  });

  it('makes its first attempt past the end of work only where it makes work durable', async () => {
    const clock = createVirtualClock();
    const scope = () => testScope({ clock, workMs: 0, limitMs: 3000 });
    const call = { ...CALL, until: 'limit' as const };
    assert.equal(await callAws({ clock, random: NO_JITTER }, call, scope(), answersAfter()), 'answer');
    await assert.rejects(callAws({ clock, random: NO_JITTER }, CALL, scope(), answersAfter()), DeadlineReached);
    const again = callAws({ clock, random: NO_JITTER }, call, scope(), answersAfter(throttled()));
    await assert.rejects(again, DeadlineReached);
  });
});
