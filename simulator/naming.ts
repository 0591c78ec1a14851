/** Computes names and numbers of people, firms and things from seed and index. */

import { hash } from './hash.ts';
import { isSpare } from './history.ts';
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

/** The person of a profile, as the profile at the employer: some profiles are a second one of the person before. */
export function personOf(user: number): number {
  return user % 9 === 8 && !isSpare(user - 1) ? user - 1 : user;
}

/** What `userId` of other streams names: the person, and no profile. */
export function identityUserId(seed: number, user: number): string {
  const person = personOf(user);
  const [low, high] = [hash(seed, person, 901), hash(seed, person, 902)];
  const digits = `${low.toString(16).padStart(8, '0')}${high.toString(16).padStart(8, '0')}${person.toString(16).padStart(8, '0')}`;
  return person % 4 === 3 ? digits : `auth0|${digits}`;
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
