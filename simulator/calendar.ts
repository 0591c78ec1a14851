/**
 * Spreads records over the working time of the years of history: weekdays from morning to afternoon, Saturday mornings.
 *
 * The map from index to time never falls, so that the order of indices is the order of dates and needs no memory.
 */

import { SECONDS_PER_DAY } from './ticks.ts';

export interface Calendar {
  /** When record `index` of `count` happened, in whole seconds since 2015; never falls as the index grows. */
  secondsAt(index: number, count: number): number;
}

/** 2015-01-05, a Monday. */
const FIRST_MONDAY = 4 * SECONDS_PER_DAY;
const WEEK = 7 * SECONDS_PER_DAY;
/** Half days of a working week: which weekday, and whether it is the afternoon. */
const SLOTS = [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5].map((day, slot) => {
  const afternoon = slot % 2 === 1;
  return day * SECONDS_PER_DAY + (afternoon ? 11.5 : 5.5) * 3600;
});
const HALF_DAY = 5.5 * 3600;
/** Below 1: the company grew, so that later years hold more records. */
const GROWTH = 0.85;

/** @param start seconds since 2015, inclusive @param end exclusive; nothing happens in a half day that reaches past it */
export function createCalendar(start: number, end: number): Calendar {
  const lastSlot = slotsBefore(end);
  const firstSlot = Math.min(slotsBefore(start), lastSlot - 2);
  return {
    secondsAt(index, count) {
      const position = firstSlot + (lastSlot - firstSlot) * ((index + 0.5) / count) ** GROWTH;
      const week = Math.floor(position / SLOTS.length);
      const within = position - week * SLOTS.length;
      const slot = Math.floor(within);
      return FIRST_MONDAY + week * WEEK + Math.floor((SLOTS[slot] ?? 0) + (within - slot) * HALF_DAY);
    },
  };
}

/** How many half days have ended before this second, counted from the first Monday; negative before it. */
function slotsBefore(second: number): number {
  const week = Math.floor((second - FIRST_MONDAY) / WEEK);
  const within = second - FIRST_MONDAY - week * WEEK;
  return week * SLOTS.length + SLOTS.filter((start) => start + HALF_DAY <= within).length;
}
