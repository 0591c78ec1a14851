/** Searches and inserts in sorted arrays. */

/** The first position below `length` from which on `reached` is true; `length` when it never is. */
export function lowerBound(length: number, reached: (at: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (reached(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Inserts a number after those that are not larger; returns its position. Cheap when it is the largest, the usual case. */
export function insertSorted(values: number[], value: number): number {
  const last = values.at(-1);
  if (last === undefined || last <= value) return values.push(value) - 1;
  const place = lowerBound(values.length, (at) => (values[at] as number) > value);
  values.splice(place, 0, value);
  return place;
}
