import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isAnyoneReady, putBack, type Queue, takeNext, type Waiting } from '../../src/sync/queue.ts';
import { CREWS, HOURS, PLACES } from '../fakes/stream-rules.ts';

const waitingFor = (rule: Waiting['rule'], isSuspect = false): Waiting => ({ rule, isSuspect, isPatient: false });
const queueOf = (...waiting: Waiting[]): Queue => ({ waiting, later: [], isSuspectAtWork: false });
const nameOf = (next: Waiting | null) => next?.rule.name;

describe('the queue of a run', () => {
  it('never has two suspects at work', () => {
    const queue = queueOf(waitingFor(HOURS, true), waitingFor(CREWS, true), waitingFor(PLACES));
    const first = takeNext(queue, 0) ?? assert.fail();
    assert.equal(nameOf(first), HOURS.name);
    assert.equal(nameOf(takeNext(queue, 0)), PLACES.name);
    assert.equal(takeNext(queue, 0), null);
    putBack(queue, first, null, 0);
    assert.equal(nameOf(takeNext(queue, 0)), CREWS.name);
  });

  it('gives a stream its turn back when its wait is over, before those that wait', () => {
    const queue = queueOf(waitingFor(HOURS), waitingFor(CREWS));
    putBack(queue, takeNext(queue, 0) ?? assert.fail(), 60_000, 1_000);
    assert.equal(isAnyoneReady(queue, 60_999), false);
    putBack(queue, takeNext(queue, 2_000) ?? assert.fail(), 'next', 61_000);
    assert.equal(isAnyoneReady(queue, 61_000), true);
    assert.deepEqual(takeNext(queue, 61_000), waitingFor(HOURS));
    assert.equal(nameOf(takeNext(queue, 61_000)), CREWS.name);
  });

  it('lets a stream sit its wait out once nothing else waits', () => {
    const queue = queueOf(waitingFor(HOURS));
    putBack(queue, takeNext(queue, 0) ?? assert.fail(), 60_000, 0);
    assert.deepEqual(takeNext(queue, 1), { ...waitingFor(HOURS), isPatient: true });
    assert.equal(takeNext(queue, 1), null);
  });
});
