/** Incidents and checklists, of projects and of machines, and images. */

import { hash } from '../hash.ts';
import { COMPANIES } from '../names.ts';
import { companyId, taskNumber } from '../naming.ts';
import { coordinate, description, flag, json, pick } from '../text.ts';
import { NONE } from '../world.ts';
import { madeSeconds, pdfUrl, progress, type Render, standing, timeJson, timeOrEmpty, uuidOf } from './render.ts';

const INCIDENTS = [
  'Nestenulykke',
  'Personskade',
  'Utslipp',
  'Kvalitetsavvik',
  'Forbedringsforslag',
  'Skade på "eiendom"',
] as const;
const MACHINE_INCIDENTS = ['Oljelekkasje', 'Havari', 'Steinsprut i rute', 'Punktering', 'Service utgått'] as const;
const STATUSES = ['Ny', 'Under behandling', 'Tiltak iverksatt', 'Lukket'] as const;
const TEMPLATES = [
  'SJA',
  'Vernerunde',
  'Mottakskontroll',
  'Kontroll av forskaling',
  'Daglig kontroll maskin',
  'Smøring / 500 t service',
] as const;

function incident(ofMachine: boolean): Render {
  const types = ofMachine ? MACHINE_INCIDENTS : INCIDENTS;
  const prefix = ofMachine ? 'MA' : 'RUH';
  return (members, stream, index) => {
    const { seed } = stream;
    const { world } = members;
    const dice = hash(seed, index, 51);
    const level = progress(stream, index, dice >>> 4);
    const type = pick(types, dice >>> 6);
    const project = world.projectOf(seed, index);
    const serial = 1 + index;
    const company = COMPANIES[dice % COMPANIES.length] ?? COMPANIES[0];
    const machine = members.machine(ofMachine || dice % 3 === 0 ? world.machineOf(dice) : NONE);
    return `{"id":"${stream.id(index)}","serialNumberWithPrefix":"${prefix}-${serial}","serialNumber":${serial},"title":${json(
      `${type} ved ${pick(STATUSES, dice).toLowerCase()}`,
    )},"description":${description(seed, index, stream.revision(index))},"typeName":${json(type)},"baseTypeText":"${
      ofMachine ? 'Maskin' : 'HMS'
    }","statusText":${json(pick(STATUSES, level))},"measures":${level > 1 ? '"Sperret av og merket\\nvarslet \\"alle\\""' : 'null'},"requiresFurtherAction":${flag(
      level < 2,
    )},"resolvedOnLocation":${flag((dice & 1) === 1)},"companyName":${json(company.name)},${members.project(project)},${members.task(
      world.taskOf(project, dice >>> 3),
    )},${machine},"latitude":${coordinate(60, dice)},"longitude":${coordinate(10, dice >>> 4)},"createdAt":${timeJson(
      madeSeconds(stream, index),
    )},"statusUpdatedAt":${timeOrEmpty(level > 0, stream.modified(index))},"involved":[{"id":"${dice % 90}","name":null}],"pdfUrl":${pdfUrl(
      members,
      stream,
      index,
      dice >>> 5,
    )},${standing(stream, index)}}`;
  };
}

export const incidentRegistration: Render = incident(false);
export const machineIncident: Render = incident(true);

/** Sections come first, with ids and flags of their own that are not the record's. */
function checklist(ofMachine: boolean): Render {
  return (members, stream, index) => {
    const { seed } = stream;
    const { world } = members;
    const dice = hash(seed, index, 52);
    const level = progress(stream, index, dice >>> 4);
    const project = world.projectOf(seed, index);
    const task = world.taskOf(project, dice >>> 3);
    const author = members.userName(world.userOf(seed, index));
    const hasImages = dice % 3 === 0;
    const machine = members.machine(ofMachine || dice % 4 === 0 ? world.machineOf(dice) : NONE);
    const at = stream.modified(index);
    return `{"sections":[${sections(members.coreUrl(), stream.id(index), dice, hasImages)}],"id":"${stream.id(index)}","documentNumber":"${
      ofMachine ? 'MS' : 'SJ'
    }-${1 + index}","serialNumber":${1 + index},"templateName":${json(pick(TEMPLATES, dice >>> 2))},"templateVersion":"${1 + (dice % 7)}.0","baseTypeName":"${
      ofMachine ? 'Maskin' : 'Prosjekt'
    }","statusText":${json(pick(STATUSES, level))},"hasDeviation":${flag(dice % 5 === 0)},"hasComment":${flag(dice % 2 === 0)},"hasImages":${flag(
      hasImages,
    )},${members.project(project)},${members.task(task)},"activityNumber":${task === NONE ? 'null' : json(taskNumber(task))},"activityName":${members.taskName(
      task,
    )},${machine},"createdByUserName":${author},"createdDateTime":${timeJson(madeSeconds(stream, index))},"submittedByUserName":${
      level > 0 ? author : 'null'
    },"submittedDateTime":${timeOrEmpty(level > 0, at)},"approvedByUserName":${
      level > 1 ? members.userName(world.userOf(seed, index + 1_000_003)) : 'null'
    },"comment":${description(seed, index, stream.revision(index))},"latitude":${coordinate(60, dice)},"longitude":${coordinate(
      10,
      dice >>> 4,
    )},"pdfUrl":${pdfUrl(members, stream, index, dice >>> 5)},${standing(stream, index)}}`;
  };
}

function sections(coreUrl: string, id: string, dice: number, hasImages: boolean): string {
  return Array.from({ length: 1 + (dice % 3) }, (_, nth) => {
    const url = `${coreUrl}/api/files/checklist/${id}/${nth}`;
    const image = hasImages ? `{"id":"i${nth}","url":"${url}/image.png"}` : '';
    return `{"id":"s${nth}","title":"Del ${nth + 1}: {kontroll}","isDeleted":${flag(nth === 2)},"questions":[{"id":${nth},"text":"Er \\"alt\\" i orden?","answer":${
      (dice >>> nth) % 4 === 0 ? 'null' : 'true'
    }}],"attachments":[${nth === 0 ? `{"id":"v${nth}","name":"tegning [B].pdf","url":"${url}/attachment.pdf"}` : ''}],"images":[${image}]}`;
  }).join(',');
}

export const checklistRegistration: Render = checklist(false);
export const machineChecklist: Render = checklist(true);

export const IMAGE_SOURCES = ['feed', 'alert', 'checklist'] as const;

/** What `Sources` looks at. */
export function imageSource(seed: number, index: number): (typeof IMAGE_SOURCES)[number] {
  return pick(IMAGE_SOURCES, hash(seed, index, 53));
}

export const image: Render = (members, stream, index) => {
  const { seed } = stream;
  const { world } = members;
  const dice = hash(seed, index, 54);
  const project = world.projectOf(seed, index);
  const task = world.taskOf(project, dice >>> 3);
  const user = world.userOf(seed, index);
  const owner = project === NONE ? 'null' : `"${companyId(world.companyOf('project', project))}"`;
  const url = `${members.coreUrl()}/api/files/image/${stream.id(index)}`;
  const inChecklist = imageSource(seed, index) === 'checklist' && task !== NONE;
  return `{"id":"${stream.id(index)}","originalFilename":"IMG_${dice % 10_000} (kopi \\"${index % 9}\\").jpg","type":"image/jpeg","size":${
    40_000 + (dice % 9_000_000)
  },"url":"${url}/original","thumbnailUrl":"${url}/thumbnail","mediumUrl":"${url}/medium","largeUrl":"${url}/large","source":"${imageSource(
    seed,
    index,
  )}",${members.project(project)},${members.task(task)},"activityId":${inChecklist ? members.idOf('work-orders', task) : 'null'},"activityNumber":${
    inChecklist ? json(taskNumber(task)) : 'null'
  },"companyId":${owner},"createdByUserId":${members.idOf('user', user)},"createdByUserName":${members.userName(user)},"createdDateTime":${timeJson(
    madeSeconds(stream, index),
  )},"latitude":${coordinate(60, dice)},"longitude":${coordinate(10, dice >>> 4)},"accuracy":${dice % 60}.0,"roadReference":${
    dice % 3 === 0 ? `"FV${100 + (dice % 800)} S1D1 m${dice % 5000}"` : 'null'
  },"etag":"${uuidOf(seed, index)}","caption":${description(seed, index, stream.revision(index))},${standing(stream, index)}}`;
};
