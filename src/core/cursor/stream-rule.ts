/** What the orchestration must know about a stream, as data. The catalogue in `ditio` gives one rule per stream. */

/** How an endpoint treats a date window. An incremental request (`ModifiedSince`) never carries one, but for `fallback`. */
export type WindowRule =
  /** Takes a date window, needs none. */
  | { readonly kind: 'optional' }
  /** Has no dates to filter by (metadata), or ignores the window (incidents, checklists). */
  | { readonly kind: 'none' }
  /** A full sync is complete only within a window. */
  | {
      readonly kind: 'required';
      /** Longest window, in days; null for any length. */
      readonly maxDays: number | null;
      /**
       * `shared`: instants, inclusive at both ends. Neighbouring windows share their edge, so that no record falls
       * between them; a record on the edge comes twice, harmless where records have an id.
       * `days`: whole days, for records without an id. Windows begin and end at midnight (UTC) and share no day; the
       * end is exclusive.
       */
      readonly edges: 'shared' | 'days';
    }
  /**
   * Takes any window or none. A server of an older kind answers 400 to that: it then wants windows of at most
   * `maxDays`, and without a window `ModifiedSince` of at most `modifiedSinceMaxDays` back.
   */
  | { readonly kind: 'fallback'; readonly maxDays: number; readonly modifiedSinceMaxDays: number };

/**
 * Which clients get all rows: every client; administrators, while others get status 403; or all but field workers, who get
 * their own rows and no sign of it.
 */
export type AccessRule = 'any' | 'administrator' | 'own-rows';

export interface StreamRule {
  /** Name in the contract, section 3. */
  readonly name: string;
  /** Table name in the lake. */
  readonly table: string;
  readonly window: WindowRule;
  /** True where nothing documented says that the endpoint takes `ModifiedSince`: every sync is full. */
  readonly snapshot: boolean;
  /** What the body of an answer is. */
  readonly format: 'json' | 'semicolon-text';
  readonly access: AccessRule;
}
