/** Finds the member in which a page says that it failed. Its records may then be incomplete or old. */

import { foldName } from './names.ts';

/** The names below are matched in lower case and letters only. */
const ERROR = /^(error|errors|errormessages?)$/;
const SUCCESS = /^(is)?(success|successful|succeeded|ok)$/;
const FAILURE = /^((has|is)errors?|(is|has)?failed)$/;
/** What serializers write when there is no error. */
const NO_ERROR = /^(none|null|no|no ?error|false|0|ok|success)?$/i;

/** The name of the first such member, such as `errors`; null without one. @param members those of the page itself */
export function failureSign(members: Readonly<Record<string, unknown>>): string | null {
  return Object.entries(members).find(([name, value]) => saysFailed(foldName(name), value))?.[0] ?? null;
}

function saysFailed(folded: string, value: unknown): boolean {
  if (ERROR.test(folded)) return isError(value);
  if (SUCCESS.test(folded)) return value === false;
  return FAILURE.test(folded) && value === true;
}

/** Whether a value reports an error: a list that is not empty, or an object that holds a value which reports one. */
function isError(value: unknown): boolean {
  if (typeof value === 'string') return !NO_ERROR.test(value.trim());
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object' && value !== null) return Object.values(value).some(isError);
  return Boolean(value);
}
