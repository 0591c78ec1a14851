/**
 * What becomes of one invocation: where it dies, where it is frozen, and which of its calls go wrong.
 *
 * Every call through a port passes here. A dead invocation's calls never settle, as if its process were gone; a frozen
 * one goes on later, when its lease may long be another's.
 */

import type { VirtualClock } from '../fakes/virtual-clock.ts';
import type { Dice } from './random.ts';

export interface FaultRates {
  /** Probability that a call fails before it has any effect. */
  readonly failBefore: number;
  /** Probability that a call takes effect but its answer is lost. */
  readonly loseAnswer: number;
  /** Probability that a call is slow, up to {@link SLOWEST_MS}. */
  readonly slow: number;
}

export const SLOWEST_MS = 20_000;

export interface Fate {
  /** Counts the call, and dies or freezes there if that is what is to happen. */
  step(point: string): Promise<void>;
  /** What goes wrong with this call. */
  fault(point: string): 'none' | 'fail-before' | 'lose-answer';
  kill(): void;
  readonly dead: boolean;
  /** Resolves when the invocation dies. */
  readonly died: Promise<void>;
  readonly calls: number;
}

export interface FatePlan {
  /** Dies at this call, counted from 1; null to live. */
  readonly dieAt: number | null;
  /** Is frozen at this call for so long; null for never. */
  readonly freezeAt: number | null;
  readonly freezeMs: number;
  readonly rates: FaultRates;
}

export interface FaultCount {
  add(kind: string): void;
}

export function createFate(clock: VirtualClock, dice: Dice, plan: FatePlan, count: FaultCount): Fate {
  let dead = false;
  let calls = 0;
  let die: () => void = () => {};
  const died = new Promise<void>((resolve) => {
    die = resolve;
  });
  const forever = () => new Promise<never>(() => {});

  function kill(): void {
    dead = true;
    die();
  }

  return {
    async step(point) {
      if (dead) return forever();
      calls += 1;
      if (calls === plan.dieAt) {
        count.add('crash');
        kill();
        return forever();
      }
      if (calls === plan.freezeAt) {
        count.add(`freeze ${point.split(' ')[0]}`);
        await clock.sleep(plan.freezeMs);
      } else if (dice.chance(plan.rates.slow)) {
        await clock.sleep(dice.below(SLOWEST_MS));
      }
      if (dead) return forever();
    },
    fault(point) {
      const throwOf = dice.next();
      const kind =
        throwOf < plan.rates.failBefore
          ? 'fail-before'
          : throwOf < plan.rates.failBefore + plan.rates.loseAnswer
            ? 'lose-answer'
            : 'none';
      if (kind !== 'none') count.add(`${kind} ${point.split(' ')[0]}`);
      return kind;
    },
    kill,
    get dead() {
      return dead;
    },
    died,
    get calls() {
      return calls;
    },
  };
}
