/**
 * The shape of the catalogue: what a stream's table holds, column by column, and how to write it down.
 *
 * Tables, views and `docs/data.md` are generated from it. How a stream is asked for stands in `src/ditio/catalogue.ts`;
 * the deployed bundle needs that and none of this.
 */

import type { CatalogueRow } from '../../src/ditio/catalogue.ts';

/**
 * How a value is sent, and so how a table reads it.
 *
 * - `timestamp`: ISO 8601, mostly with `Z`; `0001-01-01…` means empty.
 * - `date`: the same form, but a calendar day: the first ten characters count.
 * - `json`: a nested value.
 * - `decimal-text`: text with a decimal comma or point; the minus may be U+2212; empty text means empty.
 * - `local-datetime-text`: text as `dd.MM.yyyy HH:mm:ss`, without a zone; empty text means empty.
 */
export type ColumnType =
  | 'text'
  | 'boolean'
  | 'integer'
  | 'number'
  | 'timestamp'
  | 'date'
  | 'json'
  | 'decimal-text'
  | 'local-datetime-text';

export interface Column {
  /** As Ditio sends it. */
  readonly name: string;
  readonly type: ColumnType;
  /** Left out for a value without a unit, or whose unit Ditio does not publish. */
  readonly unit?: string;
  /** One plain sentence. */
  readonly sentence: string;
  /** The documented values of an enumeration; others may come. */
  readonly values?: readonly string[];
  /** Names or singles out a person. */
  readonly personal?: true;
}

/** A column of this table that names a record of another one. */
export interface Join {
  readonly column: string;
  readonly table: string;
  /** The column of the other table. */
  readonly to: string;
  /** True where Ditio or its clients say so; false where only the column's name does. */
  readonly documented: boolean;
}

/**
 * What an incremental answer says of a deleted record.
 *
 * - `emptied`: id, flags and times; every other field is empty.
 * - `last-version`: the record as it last was; `modifiedDateTime` lies before the deletion.
 * - `full-record`: the whole record.
 * - `never`: nothing; a record is gone when the newest full sync no longer holds it.
 */
export type Deletion = 'emptied' | 'last-version' | 'full-record' | 'never';

/** What is said of a table; the rest of a {@link StreamSpec} follows from `src/ditio/catalogue.ts`. */
export interface TableSpec {
  /** What one row is, in one sentence. */
  readonly row: string;
  /** The columns that tell rows apart; empty where nothing does, and the present state is the newest full sync. */
  readonly key: readonly string[];
  readonly columns: readonly Column[];
  readonly joins: readonly Join[];
  readonly deletion: Deletion;
  /** True where a tombstone names an `id` alone and so ends every row of it, whatever the rest of the key. */
  readonly deletionEndsAllOfId: boolean;
  /** Personal data in records, beyond the columns marked so; null for none known. */
  readonly personal: string | null;
  /** What else to know, one sentence each. */
  readonly notes: readonly string[];
}

/** Everything known of a stream: how it is asked for, and what its table holds. */
export interface StreamSpec extends CatalogueRow, TableSpec {}

type More = Omit<Column, 'name' | 'type' | 'sentence'>;

export const PERSONAL = { personal: true } as const;

export const text = (name: string, sentence: string, more: More = {}): Column => column('text', name, sentence, more);
export const flag = (name: string, sentence: string): Column => column('boolean', name, sentence);
export const whole = (name: string, sentence: string, unit?: string): Column =>
  column('integer', name, sentence, unitOf(unit));
export const number = (name: string, sentence: string, unit?: string): Column =>
  column('number', name, sentence, unitOf(unit));
export const time = (name: string, sentence: string, more: More = {}): Column =>
  column('timestamp', name, sentence, more);
export const day = (name: string, sentence: string, more: More = {}): Column => column('date', name, sentence, more);
export const nested = (name: string, sentence: string, more: More = {}): Column => column('json', name, sentence, more);
export const oneOf = (name: string, sentence: string, values: readonly string[]): Column =>
  column('text', name, sentence, { values });
export const decimalText = (name: string, sentence: string): Column => column('decimal-text', name, sentence);
export const localTime = (name: string, sentence: string): Column => column('local-datetime-text', name, sentence);

function column(type: ColumnType, name: string, sentence: string, more: More = {}): Column {
  return { name, type, sentence, ...more };
}

function unitOf(unit: string | undefined): More {
  return unit === undefined ? {} : { unit };
}

export const join = (column: string, table: string, to = 'id', documented = true): Join => ({
  column,
  table,
  to,
  documented,
});

/** Every JSON record has these. */
export const COMMON: readonly Column[] = [
  text('id', 'Identity of the record.'),
  time('modifiedDateTime', 'Time of the last change, by the server.'),
  flag('isDeleted', 'Whether the record was deleted.'),
  time('deletedDateTime', 'Time of the deletion; empty while the record exists.'),
];

type Given = Pick<TableSpec, 'row' | 'columns'> & Partial<TableSpec>;

/** A table of JSON records with an `id`, as most are; the differences from that are given. */
export function table({ columns, ...given }: Given): TableSpec {
  return {
    key: ['id'],
    joins: [],
    deletion: 'emptied',
    deletionEndsAllOfId: false,
    personal: null,
    notes: [],
    ...given,
    columns: [...COMMON, ...columns],
  };
}

/** What registrations say of their project, as far as all of them do. */
export const PROJECT: readonly Column[] = [
  text('projectId', 'Project that it belongs to.'),
  text('projectNumber', 'Number of the project.'),
  text('projectName', 'Name of the project.'),
];

export const TO_PROJECT = join('projectId', 'project');
export const TO_WORK_ORDER = join('taskId', 'work_orders');
export const TO_MACHINE = join('machineId', 'resource');
export const TO_PERSON = join('userId', 'user', 'identityUserId');
