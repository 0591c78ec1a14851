/**
 * How the text of a field becomes the value of a column: one rule for each type.
 *
 * What is not of the column's type is NULL, never an error; `_line` has it as sent. Both engines accept more than the
 * rules do (`0x1p3`, `t`, `2026-W01`) and not the same, so a pattern decides first and the engine only converts.
 */

import type { Column } from './catalogue/spec.ts';
import { type Dialect, literal, quoted } from './dialect.ts';

const DAY = '[0-9]{4}-[0-9]{2}-[0-9]{2}';
const CLOCK = '([01][0-9]|2[0-3]):[0-5][0-9]';
const ZONE = '(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])?';

/** As in JSON, but small enough for a double: below 1e300. Next to nothing is zero, as DuckDB reads it before this is asked. */
const NUMBER = '^-?(0|[1-9][0-9]{0,199})([.][0-9]+)?([eE]([+]?[0-9]{1,2}|-[0-9]+))?$';
/** A whole number by its digits alone. As a fraction or a power of ten it is a double to DuckDB before this is asked. */
const WHOLE = '^-?(0|[1-9][0-9]*)$';
/** A day, alone or with a time, without or with a zone. */
export const ISO_TIME = `^${DAY}(T${CLOCK}(:[0-5][0-9]([.][0-9]{1,9})?)?${ZONE})?$`;
const ISO_DAY = `^${DAY}(T.*)?$`;
/** After the minus and the comma were replaced. */
const DECIMAL = '^-?[0-9]{1,200}([.][0-9]+)?$';
/** `dd.MM.yyyy HH:mm:ss` */
const LOCAL_TIME = `^[0-9]{2}[.][0-9]{2}[.][0-9]{4} ${CLOCK}:[0-5][0-9]$`;
/** Ditio writes the year 1 for "empty". */
const FIRST_YEAR = '0002';
/** Below it every whole number is exact as a double. */
const EXACT = '9007199254740992';
/** U+2212, the typographic minus. */
const MINUS = 'chr(8722)';

/** The value of a column, out of its text; see {@link Dialect.texts}. */
export function valueSql({ name, type }: Pick<Column, 'name' | 'type'>, dialect: Dialect, text = quoted(name)): string {
  const when = (pattern: string, value: string, of = text) => `WHEN ${dialect.matches(of, pattern)} THEN ${value}`;
  const sinceFirstYear = (of: string) => `${of} >= ${literal(FIRST_YEAR)}`;
  switch (type) {
    case 'text':
    case 'json':
      return text;
    case 'boolean':
      return `CASE lower(${text}) WHEN 'true' THEN true WHEN 'false' THEN false END`;
    case 'number':
      return `CASE ${when(NUMBER, `TRY_CAST(${text} AS double)`)} END`;
    case 'integer': {
      const double = `TRY_CAST(${text} AS double)`;
      const isExact = `${double} = floor(${double}) AND abs(${double}) < ${EXACT}`;
      return `CASE ${when(WHOLE, `TRY_CAST(${text} AS bigint)`)}
      WHEN ${dialect.matches(text, NUMBER)} AND ${isExact} THEN TRY_CAST(${double} AS bigint) END`;
    }
    case 'timestamp':
      return `CASE WHEN ${dialect.matches(text, ISO_TIME)} AND ${sinceFirstYear(text)} THEN ${dialect.instant(text)} END`;
    case 'date':
      return `CASE WHEN ${dialect.matches(text, ISO_DAY)} AND ${sinceFirstYear(text)} THEN TRY_CAST(substr(${text}, 1, 10) AS date) END`;
    case 'decimal-text': {
      const plain = `replace(replace(${text}, ${MINUS}, '-'), ',', '.')`;
      return `CASE ${when(DECIMAL, `TRY_CAST(${plain} AS double)`, plain)} END`;
    }
    case 'local-datetime-text': {
      const ordered = `substr(${text}, 7, 4) || '-' || substr(${text}, 4, 2) || '-' || substr(${text}, 1, 2) || substr(${text}, 11)`;
      return `CASE WHEN ${dialect.matches(text, LOCAL_TIME)} AND ${sinceFirstYear(`substr(${text}, 7, 4)`)} THEN TRY_CAST(${ordered} AS ${dialect.timestamp}) END`;
    }
    default:
      return type satisfies never;
  }
}
