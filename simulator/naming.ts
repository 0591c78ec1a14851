/** Names and numbers of what exists, as a function of seed and index. */

import { hash } from './hash.ts';
import { firstName, lastName, MACHINES, MASS_TYPES, placeName, WORK } from './names.ts';
import { pick } from './text.ts';

export function companyId(company: number): string {
  return `5e8f00000000000000000${(company + 1).toString().padStart(3, '0')}`;
}

export function projectNumber(project: number): string {
  return String(1_000 + project);
}

/** Chapter and number, such as `2.14`. */
export function taskNumber(task: number): string {
  return `${1 + (task % 9)}.${task}`;
}

export function taskName(seed: number, task: number): string {
  return `${pick(WORK, hash(seed, task, 5))} ${placeName(seed, task)}`;
}

export function employeeNumber(user: number): string {
  return String(20_000 + user).padStart(6, '0');
}

/** The person behind a profile: every ninth profile is a second one of the person before. */
export function personOf(user: number): number {
  return user % 9 === 8 ? user - 1 : user;
}

export function fullName(seed: number, user: number): string {
  const person = personOf(user);
  return `${firstName(seed, person)} ${lastName(seed, person)}`;
}

/** Every third resource is a person, the others are machines, vehicles and things. */
export function isHuman(resource: number): boolean {
  return resource % 3 === 0;
}

export function machineTypeOf(seed: number, resource: number): (typeof MACHINES)[number] {
  return pick(MACHINES, hash(seed, resource, 4));
}

export function machineName(seed: number, resource: number): string {
  return `${machineTypeOf(seed, resource).type} #${100 + resource}`;
}

export function massTypeName(index: number): string {
  const name = pick(MASS_TYPES, index);
  return index < MASS_TYPES.length ? name : `${name} (${1 + Math.floor(index / MASS_TYPES.length)})`;
}

export function locationName(seed: number, index: number): string {
  return `${index % 2 === 0 ? 'Tipp' : 'Sidetak'} ${placeName(seed, index)} ${index}`;
}
