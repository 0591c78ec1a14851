import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHostGate, type HostGate, MAX_HOST_PAUSE_MS, MAX_PAUSE_MS } from '../../../src/ditio/http/host-gate.ts';
import { createVirtualClock } from '../../fakes/virtual-clock.ts';

const A = new URL('https://core.example/v1/a?ChunkLimit=5');
const NEXT_PAGE_OF_A = new URL('https://core.example/v1/a?ContinuationToken=x');
const B = new URL('https://core.example/v1/b');
const waits = (gate: HostGate, ...urls: URL[]) => urls.map((url) => gate.pauseOf(url)?.waitMs ?? 0);
const ELSEWHERE = new URL('https://other.example/v1/a');

test('a pause holds back one host, and ends', () => {
  const clock = createVirtualClock();
  const gate = createHostGate(clock);
  gate.pause(A, 5_000);
  assert.deepEqual(waits(gate, A, NEXT_PAGE_OF_A, B, ELSEWHERE), [5_000, 5_000, 5_000, 0]);
  clock.advance(4_000);
  assert.deepEqual(waits(gate, B), [1_000]);
  clock.advance(1_000);
  assert.deepEqual(waits(gate, A, B), [0, 0]);
});

test('a long pause is for the endpoint that asked for it, and for its host a moment only', () => {
  const clock = createVirtualClock();
  const gate = createHostGate(clock);
  gate.pause(A, 600_000);
  assert.deepEqual(waits(gate, NEXT_PAGE_OF_A, B), [600_000, MAX_HOST_PAUSE_MS]);
  clock.advance(MAX_HOST_PAUSE_MS);
  assert.deepEqual(waits(gate, NEXT_PAGE_OF_A, B), [600_000 - MAX_HOST_PAUSE_MS, 0]);
});

test('a shorter pause does not cut a longer one short', () => {
  const clock = createVirtualClock();
  const gate = createHostGate(clock);
  gate.pause(A, 5_000);
  gate.pause(A, 1_000);
  assert.deepEqual(waits(gate, A), [5_000]);
  gate.pause(A, 9_000);
  assert.deepEqual(waits(gate, A), [9_000]);
});

test('an absurd pause is bounded', () => {
  const gate = createHostGate(createVirtualClock());
  gate.pause(A, 365 * 86_400_000);
  assert.deepEqual(waits(gate, A), [MAX_PAUSE_MS]);
});

test('a pause ends although the wall clock was set back', () => {
  const clock = createVirtualClock();
  const gate = createHostGate(clock);
  gate.pause(A, 5_000);
  clock.jump(-3_600_000);
  clock.advance(5_000);
  assert.deepEqual(waits(gate, A), [0]);
});

test('a pause ends although the monotonic clock stood still while the process was frozen', () => {
  const clock = createVirtualClock();
  const gate = createHostGate(clock);
  gate.pause(A, 5_000);
  clock.jump(60_000);
  assert.deepEqual(waits(gate, A), [0]);
});

test('a pause tells whose answer it follows, and the wait that the answer asked for', () => {
  const gate = createHostGate(createVirtualClock());
  gate.pause(A, 1_000);
  gate.pause(A, 3_600_000, 3_600_000);
  gate.pause(A, MAX_PAUSE_MS + 1);
  assert.deepEqual(gate.pauseOf(NEXT_PAGE_OF_A), { waitMs: MAX_PAUSE_MS, isOwn: true, retryAfterMs: 3_600_000 });
  assert.deepEqual(gate.pauseOf(B), { waitMs: MAX_HOST_PAUSE_MS, isOwn: false, retryAfterMs: null });
  assert.equal(gate.pauseOf(ELSEWHERE), null);
});

test('a later pause does not tell the wait of one that has ended', () => {
  const clock = createVirtualClock();
  const gate = createHostGate(clock);
  gate.pause(A, 2_000, 2_000);
  gate.pause(A, 2_500);
  assert.equal(gate.pauseOf(A)?.retryAfterMs, 2_000, 'the wait with a random addition is the same pause');
  clock.advance(2_500);
  gate.pause(A, 1_000);
  assert.equal(gate.pauseOf(A)?.retryAfterMs, null);
});
