/** Writes projects, work orders, resources and users. */

import { hash } from '../hash.ts';
import {
  COMPANIES,
  DEPARTMENTS,
  EMISSION_CLASSES,
  firstName,
  lastName,
  placeName,
  projectName,
  WORK_TITLES,
} from '../names.ts';
import {
  companyId,
  employeeNumber,
  fullName,
  identityUserId,
  isHuman,
  machineName,
  machineTypeOf,
  personOf,
  projectNumber,
  taskName,
  taskNumber,
} from '../naming.ts';
import { description, flag, json, money, pick } from '../text.ts';
import { NONE } from '../world.ts';
import { madeSeconds, type Render, standing, timeJson } from './render.ts';

function companyMembers(company: number): string {
  return `"companyId":"${companyId(company)}","companyName":${json(COMPANIES[company]?.name ?? '')}`;
}

export const project: Render = (members, stream, index) => {
  const { seed } = stream;
  const changes = stream.revision(index);
  const dice = hash(seed, index, 41);
  return `{"id":"${stream.id(index)}","number":"${projectNumber(index)}","name":${json(projectName(seed, index))},"externalNumber":"P-${
    10_000 + index
  }","externalDim01":${(dice & 1) === 0 ? '""' : `"D${dice % 90}"`},"externalDim02":null,${companyMembers(
    members.world.companyOf('project', index),
  )},"active":${flag((dice + changes) % 6 !== 0)},"isExternal":${flag(dice % 13 === 0)},"description":${description(
    seed,
    index,
    changes,
  )},"startDate":${timeJson(madeSeconds(stream, index))},"createdDateTime":${timeJson(madeSeconds(stream, index))},${standing(stream, index)}}`;
};

export const workOrder: Render = (members, stream, index) => {
  const { seed } = stream;
  const { world } = members;
  const changes = stream.revision(index);
  const owner = world.projectOfTask(index);
  const chapter = world.taskOf(owner, 0);
  const name = taskName(seed, index) + (changes === 0 ? '' : ` (rev. ${changes})`);
  const number = taskNumber(index);
  const parent = chapter === NONE || chapter === index ? null : taskName(seed, chapter);
  return `{"id":"${stream.id(index)}","projectId":${members.idOf('project', owner)},"number":"${number}","name":${json(name)},"nameWithNumber":${json(
    `${number} ${name}`,
  )},"chapterId":${members.idOf('work-orders', chapter)},"externalNumber":"","externalDim01":null,"externalDim02":null,"externalPieceWorkId":null,"parentName":${json(
    parent,
  )},"fullPathName":${json(parent === null ? name : `${parent} / ${name}`)},${companyMembers(
    world.companyOf('work-orders', index),
  )},"isExternal":false,"unit":{"id":"m3","name":"CubicMeter"},"plannedQty":${money(hash(seed, index, 42), 9_000)},${standing(stream, index)}}`;
};

export const resource: Render = (members, stream, index) => {
  const { seed } = stream;
  const dice = hash(seed, index, 43);
  const changes = stream.revision(index);
  const human = isHuman(index);
  const type = machineTypeOf(seed, index);
  const name = human ? members.userName(members.world.userOf(seed, index)) : json(machineName(seed, index));
  return `{"id":"${stream.id(index)}","number":"${100 + index}","name":${name},"typeName":${human ? '"Person"' : json(type.type)},"typeBaseName":"${
    human ? 'Human' : type.base
  }","registrationNumber":${!human && type.role === 'dumper' ? `"ZZ ${10_000 + index}"` : 'null'},"serialNumber":${
    human ? 'null' : `"SN-${dice}"`
  },"department":${json(pick(DEPARTMENTS, dice))},"emissionClass":${human ? 'null' : json(pick(EMISSION_CLASSES, index))},"buildYear":${
    human ? 0 : 2008 + (dice % 18)
  },"weight":${human ? 0 : type.weight},"capacity":${human ? 0 : type.capacity},"costPrice":${money(dice, 900)},"price":${money(
    dice >>> 3,
    1500,
  )},${companyMembers(members.world.companyOf('resource', index))},"active":${flag((dice + changes) % 8 !== 0)},"isExternal":${flag(
    dice % 17 === 0,
  )},"comment":${description(seed, index, changes)},${standing(stream, index)}}`;
};

export const user: Render = (members, stream, index) => {
  const { seed } = stream;
  const { world } = members;
  const person = personOf(index);
  const changes = stream.revision(index);
  const dice = hash(seed, index, 44);
  const company = world.companyOf('user', index);
  const employer = world.companyOf('user', person);
  const [first, last] = [firstName(seed, person), lastName(seed, person)];
  const disabled = (dice + changes) % 10 === 0;
  return `{"id":"${stream.id(index)}","identityUserId":${json(identityUserId(seed, index))},"employeeNumber":"${employeeNumber(index)}","name":${json(
    fullName(seed, index),
  )},"firstName":${json(first)},"lastName":${json(last)},"email":"person${person}@fjellvei.example","workTitle":${json(
    pick(WORK_TITLES, index),
  )},"department":${json(pick(DEPARTMENTS, dice >>> 4))},${companyMembers(company)},"employmentCompanyId":"${companyId(
    employer,
  )}","employmentCompanyName":${json(COMPANIES[employer]?.name ?? '')},"isActiveEmployment":${flag(!disabled)},"isDisabled":${flag(disabled)},"startDate":${timeJson(
    madeSeconds(stream, index),
  )},"endDate":"0001-01-01T00:00:00Z","birthDate":"${1960 + (person % 45)}-0${1 + (person % 9)}-1${person % 9}T00:00:00Z","address":{"street":${json(
    `${placeName(seed, person)}veien ${1 + (person % 90)}`,
  )},"postalCode":"0000"},"nextOfKin":{"name":${json(`${firstName(seed, person + 5_003)} ${last}`)},"phone":"+47 00000${String(person % 1000).padStart(3, '0')}"},"certificates":[{"id":"c${dice % 7}","name":"Maskinførerbevis \\"M2\\"","isDeleted":false}],${standing(stream, index)}}`;
};
