/**
 * Members of JSON objects that thousands of records share, each made once: what a registration says of its project,
 * work order, person or machine.
 */

import { type FileOf, fileId } from './files.ts';
import type { ItemStyle } from './item-style.ts';
import { COMPANIES, EMISSION_CLASSES, projectName, WORK_TITLES } from './names.ts';
import {
  companyId,
  employeeNumber,
  fullName,
  identityUserId,
  isHuman,
  locationName,
  machineName,
  machineTypeOf,
  massTypeName,
  projectNumber,
  taskName,
  taskNumber,
} from './naming.ts';
import type { StreamName } from './streams.ts';
import { json, pick } from './text.ts';
import { NONE, type World } from './world.ts';

/** Each takes an index of {@link World} or `NONE`, and returns members without braces, or a value as JSON text. */
export interface Members {
  readonly world: World;
  /** Base of the core API, without a slash at its end. */
  readonly coreUrl: () => string;
  /** How item transactions are written. */
  readonly itemStyle: ItemStyle;
  /** Address of a file that belongs to a record, as JSON text. */
  fileUrl(file: FileOf): string;
  project(project: number): string;
  task(task: number): string;
  user(user: number): string;
  machine(machine: number): string;
  resource(resource: number): string;
  /** The person, as `userId` names one. */
  identity(user: number): string;
  userName(user: number): string;
  userCompany(user: number): string;
  taskName(task: number): string;
  machineName(machine: number): string;
  massTypeName(massType: number): string;
  locationName(location: number): string;
  /** The id as JSON text, `null` for `NONE`. */
  idOf(stream: StreamName, index: number): string;
}

export function createMembers(world: World, coreUrl: () => string, itemStyle: ItemStyle): Members {
  const { states } = world;
  const projectSeed = states.project.seed;
  const resourceSeed = states.resource.seed;
  const idOf = (stream: StreamName, index: number) => (index === NONE ? 'null' : `"${states[stream].id(index)}"`);
  const identity = remembered((user) => (user === NONE ? 'null' : json(identityUserId(states.user.seed, user))));
  const userName = remembered((user) => (user === NONE ? 'null' : json(fullName(states.user.seed, user))));
  const companyOfUser = (user: number) => (user === NONE ? null : COMPANIES[world.companyOf('user', user)]);
  const userCompany = remembered((user) => json(companyOfUser(user)?.name ?? null));
  const taskNameOf = (task: number) => taskName(states['work-orders'].seed, task);
  const humanName = (resource: number) => userName(world.userOf(resourceSeed, resource));

  return {
    world,
    coreUrl,
    itemStyle,
    fileUrl: (file) => `"${coreUrl()}/api/file/${fileId(file, states[file.stream].seed)}"`,
    idOf,
    identity,
    userName,
    userCompany,
    taskName: remembered((task) => textOf(task, taskNameOf)),
    machineName: remembered((machine) => textOf(machine, (index) => machineName(resourceSeed, index))),
    massTypeName: remembered((massType) => textOf(massType, massTypeName)),
    locationName: remembered((location) =>
      textOf(location, (index) => locationName(states['flow-locations'].seed, index)),
    ),
    project: remembered((project) => {
      const of = project === NONE ? null : world.companyOf('project', project);
      const company = of === null ? null : COMPANIES[of];
      return object({
        projectId: idOf('project', project),
        projectNumber: textOf(project, projectNumber),
        projectName: textOf(project, (index) => projectName(projectSeed, index)),
        projectExternalNumber: textOf(project, (index) => `P-${10_000 + index}`),
        projectCompanyId: of === null ? 'null' : json(companyId(of)),
        projectCompanyName: company ? json(company.name) : 'null',
        projectLeaderName: userName(world.userOf(projectSeed, project)),
        projectMainForemanName: userName(world.userOf(projectSeed, project + 7_919)),
      });
    }),
    task: remembered((task) => {
      return object({
        taskId: idOf('work-orders', task),
        taskName: textOf(task, taskNameOf),
        taskNameLong: textOf(task, (index) => `${taskNumber(index)} ${taskNameOf(index)}`),
        taskWbsNumber: textOf(task, taskNumber),
        taskChapterId: task === NONE ? 'null' : idOf('work-orders', world.taskOf(world.projectOfTask(task), 0)),
        taskPieceWorkId: 'null',
      });
    }),
    user: remembered((user) => {
      return object({
        userId: identity(user),
        userName: userName(user),
        userEmployeeNumber: textOf(user, employeeNumber),
        userCompanyName: userCompany(user),
        userCompanyOrgNr: json(companyOfUser(user)?.orgNumber ?? null),
        userWorkTitle: textOf(user, (index) => pick(WORK_TITLES, index)),
        userWorkShiftSettingName: textOf(user, (index) => (index % 5 === 0 ? 'Rotasjon 12/16' : 'Dagtid 07:00-15:00')),
      });
    }),
    machine: remembered((machine) =>
      object({
        machineId: idOf('resource', machine),
        machineName: textOf(machine, (index) => machineName(resourceSeed, index)),
        machineTypeName: textOf(machine, (index) => machineTypeOf(resourceSeed, index).type),
        resourceNumber: textOf(machine, resourceNumber),
      }),
    ),
    resource: remembered((resource) => {
      const human = resource === NONE || isHuman(resource);
      const name = human ? humanName(resource) : json(machineName(resourceSeed, resource));
      return object({
        resourceId: idOf('resource', resource),
        resourceNumber: textOf(resource, resourceNumber),
        resourceName: resource === NONE ? 'null' : name,
        resourceTypeName: human ? '"Person"' : json(machineTypeOf(resourceSeed, resource).type),
        primaryResourceName: human ? 'null' : name,
        machineEmissionClass: human ? 'null' : json(pick(EMISSION_CLASSES, resource)),
      });
    }),
  };
}

export function resourceNumber(resource: number): string {
  return `M${String(500 + resource).padStart(5, '0')}`;
}

function textOf(index: number, make: (index: number) => string): string {
  return index === NONE ? 'null' : json(make(index));
}

/** Values are JSON text already. */
function object(members: Readonly<Record<string, string>>): string {
  return Object.entries(members)
    .map(([name, value]) => `"${name}":${value}`)
    .join(',');
}

/** Made once per index. Only for what registrations refer to, which is bounded. */
function remembered(make: (index: number) => string): (index: number) => string {
  const known: string[] = [];
  return (index) => {
    const text = known[index + 1];
    if (text !== undefined) return text;
    const fresh = make(index);
    known[index + 1] = fresh;
    return fresh;
  };
}
