/**
 * What the orchestration must know about a stream, as data. The catalogue in `ditio` gives one rule per stream.
 */

/** How an endpoint treats `FromDateTime` and `ToDateTime`. */
export type WindowRule =
  /** Takes a date window, needs none. */
  | { readonly kind: 'optional' }
  /** Has no dates to filter by (metadata), or ignores the window (incidents, checklists). */
  | { readonly kind: 'none' }
  /** Answers completely only within a date window. */
  | {
      readonly kind: 'required';
      /** Longest window it takes, in days; null for any length. */
      readonly maxDays: number | null;
      /**
       * `shared`: neighbouring windows share their edge, so that no record falls between them; a record on the edge
       * comes twice, harmless where records have an id. `apart`: the next window begins one tick of Ditio's clock
       * (100 ns) after the last, for records without an id.
       */
      readonly edges: 'shared' | 'apart';
      /** Whether an incremental request needs the window too. */
      readonly onIncremental: boolean;
    };

export interface StreamRule {
  /** Name in the contract, section 3. */
  readonly name: string;
  /** Table name in the lake. */
  readonly table: string;
  readonly window: WindowRule;
  /** True where nothing documented says that the endpoint takes `ModifiedSince`: every sync is full. */
  readonly snapshot: boolean;
  /** How far back `ModifiedSince` may lie without a date window, in milliseconds; null for any distance. */
  readonly modifiedSinceMaxAgeMs: number | null;
  /** What the body of an answer is. */
  readonly format: 'json' | 'semicolon-text';
}
