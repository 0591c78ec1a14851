/** Writes incidents and checklists, of projects and of machines, and images. */

import { hash } from '../hash.ts';
import { firstOfId } from '../history.ts';
import type { Members } from '../members.ts';
import { COMPANIES } from '../names.ts';
import { companyId, taskNumber } from '../naming.ts';
import type { StreamState } from '../stream-state.ts';
import { coordinate, description, flag, json, pick } from '../text.ts';
import { NONE } from '../world.ts';
import { madeSeconds, pdfUrl, progress, type Render, standing, timeJson, timeOrEmpty, uuidOf } from './render.ts';

const INCIDENTS = [
  { type: 'Nestenulykke', base: 'HSE' },
  { type: 'Personskade', base: 'HSE' },
  { type: 'Utslipp', base: 'Environmental' },
  { type: 'Kvalitetsavvik', base: 'QA' },
  { type: 'Forbedringsforslag', base: 'Other' },
  { type: 'Skade på "eiendom"', base: 'HSE' },
] as const;
const MACHINE_INCIDENTS = ['Oljelekkasje', 'Havari', 'Steinsprut i rute', 'Punktering', 'Service utgått'].map(
  (type) => ({ type, base: 'Machine' }) as const,
);
const BASE_TYPES = ['HSE', 'QA', 'Environmental', 'Machine', 'Other'] as const;
/** By how far a record has come. */
const INCIDENT_STATUSES = ['Open', 'InProgress', 'InProgress', 'Closed'] as const;
const CHECKLIST_STATUSES = ['Pending', 'SentForApproval', 'Approved', 'Reported'] as const;
const RISKS = ['Low', 'Medium', 'High'] as const;
const DAMAGES = ['None', 'Person', 'Material', 'Environment'] as const;
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
    const { type, base } = pick<(typeof types)[number]>(types, dice >>> 6);
    const status = pick(INCIDENT_STATUSES, level);
    const risk = (dice >>> 7) % RISKS.length;
    const project = world.projectOf(seed, index);
    const serial = 1 + index;
    const company = COMPANIES[dice % COMPANIES.length] ?? COMPANIES[0];
    const machine = members.machine(ofMachine || dice % 3 === 0 ? world.machineOf(dice) : NONE);
    return `{"id":"${stream.id(index)}","serialNumberWithPrefix":"${prefix}-${serial}","serialNumber":"${serial}","title":${json(
      `${type} ved ${dice % 2 === 0 ? 'rigg' : 'tipp'}`,
    )},"description":${description(seed, index, stream.revision(index))},"typeName":${json(type)},"baseType":"${BASE_TYPES.indexOf(
      base,
    )}","baseTypeText":"${base}","status":"${INCIDENT_STATUSES.indexOf(status)}","statusText":"${status}","risk":"${risk}","riskText":"${
      RISKS[risk]
    }","damageTypeText":"${pick(DAMAGES, dice >>> 8)}","absenceDays":${type === 'Personskade' ? `${dice % 20}.5` : '0'},"measures":${level > 1 ? '"Sperret av og merket\\nvarslet \\"alle\\""' : 'null'},"requiresFurtherAction":${flag(
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
    // A correction sends it back once in a while.
    const status = level === 1 && dice % 7 === 0 ? 'Rejected' : pick(CHECKLIST_STATUSES, level);
    return `{"sections":[${sections(members, stream, index, dice, hasImages)}],"id":"${stream.id(index)}","documentNumber":"${
      ofMachine ? 'MS' : 'SJ'
    }-${1 + index}","serialNumber":"${1 + index}","templateName":${json(pick(TEMPLATES, dice >>> 2))},"templateVersion":${1 + (dice % 7)},"baseTypeName":"${
      ofMachine ? 'Machine' : 'Project'
    }","statusText":"${status}","hasDeviation":${flag(dice % 5 === 0)},"hasComment":${flag(dice % 2 === 0)},"hasImages":${flag(
      hasImages,
    )},${members.project(project)},${members.task(task)},"activityId":${members.idOf('work-orders', task)},"activityNumber":${
      task === NONE ? 'null' : json(taskNumber(task))
    },"activityName":${members.taskName(
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

function sections(members: Members, stream: StreamState, index: number, dice: number, hasImages: boolean): string {
  const file = (kind: 'attachment' | 'picture', nth: number) =>
    members.fileUrl({ stream: stream.spec.name, index, kind, nth, version: 0 });
  return Array.from({ length: 1 + (dice % 3) }, (_, nth) => {
    const image = hasImages ? `{"id":"i${nth}","url":${file('picture', nth)}}` : '';
    const attachment = nth === 0 ? `{"id":"v${nth}","name":"tegning [B].pdf","url":${file('attachment', nth)}}` : '';
    const inner = nth === 1 ? `,"attachments":[{"id":"q${nth}","url":${file('attachment', nth)}}]` : '';
    return `{"id":"s${nth}","title":"Del ${nth + 1}: {kontroll}","isDeleted":${flag(nth === 2)},"questions":[{"id":${nth},"text":"Er \\"alt\\" i orden?","answer":${
      (dice >>> nth) % 4 === 0 ? 'null' : 'true'
    }${inner}}],"attachments":[${attachment}],"images":[${image}]}`;
  }).join(',');
}

export const checklistRegistration: Render = checklist(false);
export const machineChecklist: Render = checklist(true);

export const IMAGE_SOURCES = ['feed', 'alert', 'checklist'] as const;

/** The kind of the parent, which `Sources` filters; never the same for two parents of one image. */
export function imageSource(seed: number, index: number): (typeof IMAGE_SOURCES)[number] {
  const first = firstOfId(index);
  return pick(IMAGE_SOURCES, hash(seed, first, 53) + (first === index ? 0 : 1));
}

/** An image and one of its parents. File, place and sizes belong to the image, the rest to the parent. */
export const image: Render = (members, stream, index) => {
  const { seed } = stream;
  const { world } = members;
  const first = firstOfId(index);
  const file = hash(seed, first, 54);
  const dice = hash(seed, index, 55);
  const project = world.projectOf(seed, index);
  const task = world.taskOf(project, dice >>> 3);
  const user = world.userOf(seed, first);
  const owner = project === NONE ? 'null' : `"${companyId(world.companyOf('project', project))}"`;
  const source = imageSource(seed, index);
  const inChecklist = source === 'checklist' && task !== NONE;
  const url = (kind: 'original' | 'thumbnail' | 'medium' | 'large') =>
    members.fileUrl({ stream: 'images', index: first, kind, nth: 0, version: 0 });
  // Filled in some time after the upload, which is a change of the record.
  const road = stream.revision(index) > 0 || dice % 3 === 0 ? `"FV${100 + (file % 800)} S1D1 m${file % 5000}"` : 'null';
  return `{"id":"${stream.id(index)}","originalFilename":"IMG_${file % 10_000} (kopi \\"${first % 9}\\").jpg","type":"image/jpeg","size":${
    40_000 + (file % 9_000_000)
  },"url":${url('original')},"thumbnailUrl":${url('thumbnail')},"mediumUrl":${url('medium')},"largeUrl":${url(
    'large',
  )},"source":"${source}",${members.project(project)},${members.task(task)},"activityId":${
    inChecklist ? members.idOf('work-orders', task) : 'null'
  },"activityNumber":${
    inChecklist ? json(taskNumber(task)) : 'null'
  },"companyId":${owner},"createdByUserId":${members.identity(user)},"createdByUserName":${members.userName(user)},"createdDateTime":${timeJson(
    madeSeconds(stream, index),
  )},"latitude":${coordinate(60, file)},"longitude":${coordinate(10, file >>> 4)},"accuracy":${file % 60}.0,"roadReference":${road},"etag":"${uuidOf(
    seed,
    first,
  )}","caption":${description(seed, index, stream.revision(index))},${standing(stream, index)}}`;
};
