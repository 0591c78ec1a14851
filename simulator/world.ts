/**
 * Computes the references of registrations: to projects, work orders, resources, people, mass types, places.
 *
 * They are a function of seed and index, and always lead to a record that exists and is never deleted. `members.ts` writes
 * them into the referring record.
 */

import { hash } from './hash.ts';
import { isSpare, referable, referableCount } from './history.ts';
import { COMPANIES } from './names.ts';
import { isHuman, machineTypeOf, personOf } from './naming.ts';
import type { StreamState } from './stream-state.ts';
import type { StreamName } from './streams.ts';
import { pick } from './text.ts';

export type States = Readonly<Record<StreamName, StreamState>>;

/** No such record: nothing of that kind exists. */
export const NONE = -1;

/** Every function returns an index, or {@link NONE} without a reference. */
export interface World {
  readonly states: States;
  projectOf(seed: number, index: number): number;
  /** A work order of that project. */
  taskOf(project: number, dice: number): number;
  projectOfTask(task: number): number;
  /** A person's profile at the employer. */
  userOf(seed: number, index: number): number;
  resourceOf(dice: number): number;
  /** A machine or vehicle. */
  machineOf(dice: number): number;
  loaderOf(dice: number): number;
  dumperOf(dice: number): number;
  massTypeOf(dice: number): number;
  locationOf(dice: number): number;
  /** Which of the companies in `names.ts`. */
  companyOf(stream: 'project' | 'work-orders' | 'resource' | 'user', index: number): number;
}

const SALT = { project: 1, user: 2, company: 3 } as const;

export function createWorld(states: States): World {
  const referables = (stream: StreamName) => referableCount(states[stream].baseCount);
  const any = (stream: StreamName, dice: number) => {
    const count = referables(stream);
    return count === 0 ? NONE : referable(dice % count);
  };
  const machines: number[] = [];
  const loaders: number[] = [];
  const dumpers: number[] = [];
  for (let index = 0; index < states.resource.baseCount; index += 1) {
    if (isSpare(index) || isHuman(index)) continue;
    const { base, role } = machineTypeOf(states.resource.seed, index);
    if (base === 'Machine' || base === 'Vehicle') machines.push(index);
    if (role === 'loader') loaders.push(index);
    if (role === 'dumper') dumpers.push(index);
  }
  const oneOf = (from: readonly number[], dice: number) => (from.length === 0 ? NONE : pick(from, dice));

  const world: World = {
    states,
    projectOf: (seed, index) => any('project', hash(seed, index, SALT.project)),
    taskOf(project, dice) {
      const first = project - (project >> 3);
      const count = Math.ceil((referables('work-orders') - first) / referables('project'));
      return project === NONE || count <= 0 ? NONE : referable(first + referables('project') * (dice % count));
    },
    projectOfTask(task) {
      const projects = referables('project');
      if (projects === 0) return NONE;
      const unused = isSpare(task) || task >= states['work-orders'].baseCount;
      return unused ? world.projectOf(states.project.seed, task) : referable((task - (task >> 3)) % projects);
    },
    userOf(seed, index) {
      const user = any('user', hash(seed, index, SALT.user));
      return user === NONE ? NONE : personOf(user);
    },
    resourceOf: (dice) => any('resource', dice),
    machineOf: (dice) => oneOf(machines, dice),
    loaderOf: (dice) => oneOf(loaders, dice),
    dumperOf: (dice) => oneOf(dumpers, dice),
    massTypeOf: (dice) => any('flow-mass-types', dice),
    locationOf: (dice) => any('flow-locations', dice),
    companyOf(stream, index) {
      if (stream === 'work-orders') {
        const project = world.projectOfTask(index);
        return project === NONE ? 0 : world.companyOf('project', project);
      }
      // A second profile of a person is one in another company.
      const person = stream === 'user' ? personOf(index) : index;
      if (person !== index) return (world.companyOf(stream, person) + 1) % COMPANIES.length;
      const dice = hash(states[stream].seed, index, SALT.company) % 20;
      return dice < 12 ? 0 : dice < 15 ? 1 : dice < 18 ? 2 : 3;
    },
  };
  return world;
}
