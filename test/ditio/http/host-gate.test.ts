import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHostGate, LONGEST_PAUSE_MS } from '../../../src/ditio/http/host-gate.ts';
import { createVirtualClock } from '../../fakes/virtual-clock.ts';

test('a pause holds back one host, and ends', () => {
  const clock = createVirtualClock();
  const gate = createHostGate(clock);
  gate.pause('a', 5_000);
  assert.equal(gate.pauseMs('a'), 5_000);
  assert.equal(gate.pauseMs('b'), 0);
  clock.advance(4_000);
  assert.equal(gate.pauseMs('a'), 1_000);
  clock.advance(1_000);
  assert.equal(gate.pauseMs('a'), 0);
});

test('a shorter pause does not cut a longer one short', () => {
  const clock = createVirtualClock();
  const gate = createHostGate(clock);
  gate.pause('a', 5_000);
  gate.pause('a', 1_000);
  assert.equal(gate.pauseMs('a'), 5_000);
  gate.pause('a', 9_000);
  assert.equal(gate.pauseMs('a'), 9_000);
});

test('an absurd pause is bounded', () => {
  const gate = createHostGate(createVirtualClock());
  gate.pause('a', 365 * 86_400_000);
  assert.equal(gate.pauseMs('a'), LONGEST_PAUSE_MS);
});

test('a pause ends although the wall clock was set back', () => {
  const clock = createVirtualClock();
  const gate = createHostGate(clock);
  gate.pause('a', 5_000);
  clock.jump(-3_600_000);
  clock.advance(5_000);
  assert.equal(gate.pauseMs('a'), 0);
});

test('a pause ends although the monotonic clock stood still while the process was frozen', () => {
  const clock = createVirtualClock();
  const gate = createHostGate(clock);
  gate.pause('a', 5_000);
  clock.jump(60_000);
  assert.equal(gate.pauseMs('a'), 0);
});
