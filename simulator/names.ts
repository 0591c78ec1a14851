/** Lists made-up names for a Norwegian contractor: places, people, firms, machines, work. None of them is real. */

import { hash } from './hash.ts';

const PLACE_STARTS = [
  'Bjørn',
  'Svart',
  'Lerke',
  'Gran',
  'Elve',
  'Høg',
  'Sol',
  'Ørn',
  'Fugle',
  'Kråke',
  'Ulve',
  'Ås',
  'Myr',
  'Stein',
  'Furu',
  'Rogne',
];
const PLACE_ENDS = [
  'åsen',
  'vika',
  'haugen',
  'dalen',
  'neset',
  'bekken',
  'lia',
  'sletta',
  'øya',
  'fossen',
  'bråten',
  'moen',
];
const FIRST_NAMES = [
  'Åse',
  'Øyvind',
  'Ragnhild',
  'Torbjørn',
  'Ingrid',
  'Sæmund',
  'Håkon',
  'Silje',
  'Bjørg',
  'Eirik',
  'Maren',
  'Sondre',
  'Jørn',
  'Kjærsti',
  'Vebjørn',
  'Synnøve',
  'Aleksander',
  'Guro',
  'Tørres',
  'Liv-Åshild',
  'Ola André',
  'Piotr',
  'Łukasz',
  'Rasa',
];
const FAMILY_ENDS = ['berg', 'rud', 'stad', 'mo', 'haug', 'nes', 'gård', 'set', 'løkken', 'bø'];
const FAMILY_STARTS = [
  'Brek',
  'Tveite',
  'Skår',
  'Hønse',
  'Kvam',
  'Låg',
  'Næs',
  'Orme',
  'Vang',
  'Gjerd',
  'Ås',
  'Solbak',
];

export const COMPANIES = [
  { name: 'Fjellvei Anlegg AS', kin: 'own', orgNumber: '900000011' },
  { name: 'Fjellvei Tunnel AS', kin: 'subsidiary', orgNumber: '900000022' },
  { name: 'Fjellvei Maskin & Transport AS', kin: 'subsidiary', orgNumber: '900000033' },
  { name: 'Nordbre "Grunn" og Fundament AS', kin: 'other', orgNumber: '900000044' },
] as const;

const PROJECTS = [
  (place: string, other: string, number: number) => `Fv. ${100 + (number % 800)} ${place}-${other}`,
  (place: string) => `${place}tunnelen`,
  (place: string) => `Nye ${place} skole`,
  (place: string, other: string) => `Gang- og sykkelvei ${place}-${other}`,
  (place: string) => `VA-anlegg ${place}, etappe 2`,
  (place: string) => `${place} massedeponi`,
  (place: string) => `Rundkjøring ${place} / ny bro`,
  (place: string) => `Rassikring ${place}`,
];

export const WORK = [
  'Rigg og drift',
  'Graving grøft',
  'Sprengning',
  'Masseflytting',
  'Lasting og transport',
  'Planering',
  'Forskaling',
  'Armering',
  'Støping',
  'Asfaltering',
  'Kantstein',
  'VA-ledninger',
  'Kummer',
  'Boring og lading',
  'Sikring med bolter',
  'Sprøytebetong',
  'Skilting og arbeidsvarsling',
  'Rydding',
] as const;

export const MACHINES = [
  { type: 'Gravemaskin 25 t', base: 'Machine', role: 'loader', weight: 25_000, capacity: 1.6 },
  { type: 'Dumper A40', base: 'Machine', role: 'dumper', weight: 30_000, capacity: 39 },
  { type: 'Hjullaster L150', base: 'Machine', role: 'loader', weight: 24_500, capacity: 4.2 },
  { type: 'Lastebil 4-akslet', base: 'Vehicle', role: 'dumper', weight: 14_000, capacity: 18 },
  { type: 'Gravemaskin 8 t', base: 'Machine', role: 'loader', weight: 8_200, capacity: 0.3 },
  { type: 'Vals', base: 'Machine', role: 'other', weight: 12_800, capacity: 0 },
  { type: 'Varebil', base: 'Vehicle', role: 'other', weight: 2_200, capacity: 0.9 },
  { type: 'Borerigg', base: 'Machine', role: 'other', weight: 36_000, capacity: 0 },
  { type: 'Arbeidsbåt', base: 'SeaVessel', role: 'other', weight: 9_000, capacity: 5 },
  { type: 'Drone', base: 'AirVessel', role: 'other', weight: 3, capacity: 0 },
  { type: 'Brakkerigg', base: 'StaticObject', role: 'other', weight: 4_000, capacity: 8 },
  { type: 'Pumpe', base: 'Other', role: 'other', weight: 150, capacity: 0 },
] as const;

export const EMISSION_CLASSES = ['Stage V', 'Stage IV', 'Stage IIIB', 'Euro 6', 'Elektrisk', ''] as const;
export const WORK_TITLES = [
  'Maskinfører',
  'Anleggsarbeider',
  'Bas',
  'Lærling',
  'Sjåfør',
  'Formann',
  'Prosjektleder',
  'Fjellsprenger',
] as const;
export const DEPARTMENTS = ['Øst', 'Vest', 'Tunnel', 'Maskin', 'Administrasjon'] as const;
export const MASS_TYPES = [
  'Sprengstein',
  'Jord',
  'Leire',
  'Pukk 0/32',
  'Pukk 22/120',
  'Matjord',
  'Asfaltflak',
  'Forurenset masse klasse 3',
  'Snø',
  'Betong',
  'Sand',
  'Torv',
  'Kult',
  'Bærelag',
  'Røtter og stubber',
  'Vann',
] as const;

export function placeName(seed: number, index: number): string {
  const dice = hash(seed, index, 71);
  return `${PLACE_STARTS[dice % PLACE_STARTS.length]}${PLACE_ENDS[(dice >>> 8) % PLACE_ENDS.length]}`;
}

export function projectName(seed: number, index: number): string {
  const dice = hash(seed, index, 72);
  const name = PROJECTS[dice % PROJECTS.length] as (typeof PROJECTS)[number];
  return name(placeName(seed, index), placeName(seed, index + 100_003), dice >>> 8);
}

export function firstName(seed: number, person: number): string {
  return FIRST_NAMES[hash(seed, person, 73) % FIRST_NAMES.length] as string;
}

export function lastName(seed: number, person: number): string {
  const dice = hash(seed, person, 74);
  return `${FAMILY_STARTS[dice % FAMILY_STARTS.length]}${FAMILY_ENDS[(dice >>> 8) % FAMILY_ENDS.length]}`;
}
