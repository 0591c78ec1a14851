import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnswerRefused } from '../../../src/core/failure/errors.ts';
import { createHostGate, type HostGate, MAX_HOST_PAUSE_MS, MAX_PAUSE_MS } from '../../../src/ditio/http/host-gate.ts';
import { createVirtualClock } from '../../fakes/virtual-clock.ts';

const A = new URL('https://core.example/v1/a?ChunkLimit=5');
const NEXT_PAGE_OF_A = new URL('https://core.example/v1/a?ContinuationToken=x');
const B = new URL('https://core.example/v1/b');
const waits = (gate: HostGate, ...urls: URL[]) => urls.map((url) => gate.pauseOf(url)?.waitMs ?? 0);
const ELSEWHERE = new URL('https://other.example/v1/a');

/** A 429 that asks for this wait, or else a retry that waits for so long. */
function pause(gate: HostGate, url: URL, ms: number, retryAfterMs?: number): void {
  if (retryAfterMs === undefined) gate.noteRetry(url, { delayMs: ms, throttled: true });
  else assert.ok(gate.noteRefusal(url, new AnswerRefused(429, {}, false, retryAfterMs)));
}

test('a pause holds back one host, and ends', () => {
  const clock = createVirtualClock();
  const gate = createHostGate(clock);
  pause(gate, A, 5_000);
  assert.deepEqual(waits(gate, A, NEXT_PAGE_OF_A, B, ELSEWHERE), [5_000, 5_000, 5_000, 0]);
  clock.advance(4_000);
  assert.deepEqual(waits(gate, B), [1_000]);
  clock.advance(1_000);
  assert.deepEqual(waits(gate, A, B), [0, 0]);
});

test('a long pause is for the endpoint that asked for it, and for its host a moment only', () => {
  const clock = createVirtualClock();
  const gate = createHostGate(clock);
  pause(gate, A, 600_000);
  assert.deepEqual(waits(gate, NEXT_PAGE_OF_A, B), [600_000, MAX_HOST_PAUSE_MS]);
  clock.advance(MAX_HOST_PAUSE_MS);
  assert.deepEqual(waits(gate, NEXT_PAGE_OF_A, B), [600_000 - MAX_HOST_PAUSE_MS, 0]);
});

test('a shorter pause does not cut a longer one short', () => {
  const clock = createVirtualClock();
  const gate = createHostGate(clock);
  pause(gate, A, 5_000);
  pause(gate, A, 1_000);
  assert.deepEqual(waits(gate, A), [5_000]);
  pause(gate, A, 9_000);
  assert.deepEqual(waits(gate, A), [9_000]);
});

test('an absurd pause is bounded', () => {
  const gate = createHostGate(createVirtualClock());
  pause(gate, A, 365 * 86_400_000);
  assert.deepEqual(waits(gate, A), [MAX_PAUSE_MS]);
});

test('a pause ends although the wall clock was set back', () => {
  const clock = createVirtualClock();
  const gate = createHostGate(clock);
  pause(gate, A, 5_000);
  clock.jump(-3_600_000);
  clock.advance(5_000);
  assert.deepEqual(waits(gate, A), [0]);
});

test('a pause ends although the monotonic clock stood still while the process was frozen', () => {
  const clock = createVirtualClock();
  const gate = createHostGate(clock);
  pause(gate, A, 5_000);
  clock.jump(60_000);
  assert.deepEqual(waits(gate, A), [0]);
});

const OWN = { isOwn: true, status: 429, code: null };
const OF_HOST = { isOwn: false, status: null, code: 'HostPaused' };

test('a pause tells whose answer it follows, and the wait that the answer asked for', () => {
  const gate = createHostGate(createVirtualClock());
  pause(gate, A, 1_000);
  pause(gate, A, 3_600_000, 3_600_000);
  pause(gate, A, MAX_PAUSE_MS + 1);
  assert.deepEqual(gate.pauseOf(NEXT_PAGE_OF_A), { ...OWN, waitMs: MAX_PAUSE_MS, retryAfterMs: 3_600_000 });
  assert.deepEqual(gate.pauseOf(B), { ...OF_HOST, waitMs: MAX_HOST_PAUSE_MS, retryAfterMs: null });
  assert.equal(gate.pauseOf(ELSEWHERE), null);
});

test('a later pause does not tell the wait of one that has ended', () => {
  const clock = createVirtualClock();
  const gate = createHostGate(clock);
  pause(gate, A, 2_000, 2_000);
  pause(gate, A, 2_500);
  assert.equal(gate.pauseOf(A)?.retryAfterMs, 2_000, 'the wait with a random addition is the same pause');
  clock.advance(2_500);
  pause(gate, A, 1_000);
  assert.equal(gate.pauseOf(A)?.retryAfterMs, null);
});

test('only a 429 pauses, and it does so before its body is read', () => {
  const gate = createHostGate(createVirtualClock());
  gate.noteStatus(A, 503);
  assert.equal(gate.noteRefusal(A, new AnswerRefused(503, {}, false, 60_000)), false);
  gate.noteRetry(A, { delayMs: 8_000, throttled: false });
  assert.deepEqual(waits(gate, A, B), [0, 0]);
  gate.noteStatus(A, 429);
  assert.deepEqual(waits(gate, A, B), [1_000, 1_000]);
});
