import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHostGate, LONGEST_HOST_PAUSE_MS, LONGEST_PAUSE_MS } from '../../../src/ditio/http/host-gate.ts';
import { createVirtualClock } from '../../fakes/virtual-clock.ts';

const A = new URL('https://core.example/v1/a?ChunkLimit=5');
const NEXT_PAGE_OF_A = new URL('https://core.example/v1/a?ContinuationToken=x');
const B = new URL('https://core.example/v1/b');
const ELSEWHERE = new URL('https://other.example/v1/a');

test('a pause holds back one host, and ends', () => {
  const clock = createVirtualClock();
  const gate = createHostGate(clock);
  gate.pause(A, 5_000);
  assert.deepEqual([A, NEXT_PAGE_OF_A, B, ELSEWHERE].map(gate.pauseMs), [5_000, 5_000, 5_000, 0]);
  clock.advance(4_000);
  assert.equal(gate.pauseMs(B), 1_000);
  clock.advance(1_000);
  assert.deepEqual([A, B].map(gate.pauseMs), [0, 0]);
});

test('a long pause is for the endpoint that asked for it, and for its host a moment only', () => {
  const clock = createVirtualClock();
  const gate = createHostGate(clock);
  gate.pause(A, 600_000);
  assert.deepEqual([NEXT_PAGE_OF_A, B].map(gate.pauseMs), [600_000, LONGEST_HOST_PAUSE_MS]);
  clock.advance(LONGEST_HOST_PAUSE_MS);
  assert.deepEqual([NEXT_PAGE_OF_A, B].map(gate.pauseMs), [600_000 - LONGEST_HOST_PAUSE_MS, 0]);
});

test('a shorter pause does not cut a longer one short', () => {
  const clock = createVirtualClock();
  const gate = createHostGate(clock);
  gate.pause(A, 5_000);
  gate.pause(A, 1_000);
  assert.equal(gate.pauseMs(A), 5_000);
  gate.pause(A, 9_000);
  assert.equal(gate.pauseMs(A), 9_000);
});

test('an absurd pause is bounded', () => {
  const gate = createHostGate(createVirtualClock());
  gate.pause(A, 365 * 86_400_000);
  assert.equal(gate.pauseMs(A), LONGEST_PAUSE_MS);
});

test('a pause ends although the wall clock was set back', () => {
  const clock = createVirtualClock();
  const gate = createHostGate(clock);
  gate.pause(A, 5_000);
  clock.jump(-3_600_000);
  clock.advance(5_000);
  assert.equal(gate.pauseMs(A), 0);
});

test('a pause ends although the monotonic clock stood still while the process was frozen', () => {
  const clock = createVirtualClock();
  const gate = createHostGate(clock);
  gate.pause(A, 5_000);
  clock.jump(60_000);
  assert.equal(gate.pauseMs(A), 0);
});
