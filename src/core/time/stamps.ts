/**
 * Makes the stamps of one lease: instants for sync ids and `_extracted_at`. Each is strictly later than the one before,
 * across runs and with any error of the clock.
 *
 * The failure this prevents: a run with a fast clock writes a part and dies before its checkpoint. The next run, with a
 * slow clock, reads newer data but stamps it earlier, so that the stale line wins forever. Therefore
 *
 *     run A   acquires at a ──── stamps in (a, until A] ──── dies
 *     run B                                 acquires at b, and only when b > until A ──── stamps in (b, until B]
 *
 * No stamp of B is earlier than any of A, although A stored nothing.
 */

import { DeadlineReached } from '../failure/errors.ts';
import { addMs, earlier, type Instant, later } from './instant.ts';

export interface Stamps {
  /** The next stamp: the given present time if it is later than every stamp before it, else one millisecond after the last. */
  next(now: Instant): Instant;
  /** The latest stamp so far, or the floor. */
  last(): Instant;
}

/**
 * @param floor every stamp is later than this: the latest of what is stored and of the instant that won the lease
 * @param until end of the lease; when stamps run past it (the clock jumped ahead), `next` throws `DeadlineReached`
 */
export function createStamps(floor: Instant, until: Instant): Stamps {
  let last = floor;
  return {
    next(now) {
      const stamp = later(earlier(now, until), addMs(last, 1));
      if (stamp > until) throw new DeadlineReached('the lease has no instant left to stamp pages with');
      last = stamp;
      return stamp;
    },
    last: () => last,
  };
}
