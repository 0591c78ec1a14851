/** Writes records of mass transport: trips, places, mass types. */

import { hash } from '../hash.ts';
import { locationName, massTypeName } from '../naming.ts';
import { coordinate, description, flag, json, largeNumber, money, pick, quantity } from '../text.ts';
import { NONE, type World } from '../world.ts';
import { dateSeconds, progress, type Render, standing, timeJson } from './render.ts';

const CUSTOMERS = ['Elvefoss kommune', 'Statens "vei" region 7', 'Furuneset Bolig AS', ''].map((name) => json(name));

export const flowTrip: Render = (members, stream, index) => {
  const { seed } = stream;
  const { world } = members;
  const dice = hash(seed, index, 21);
  const more = hash(seed, index, 22);
  const loaded = dateSeconds(stream, index);
  const cycle = 300 + (dice % 5_000);
  const level = progress(stream, index, dice >>> 4);
  const project = world.projectOf(seed, index);
  const from = world.locationOf(dice >>> 1);
  const to = world.locationOf(more >>> 1);
  const loader = world.loaderOf(dice >>> 3);
  const dumper = world.dumperOf(more >>> 3);
  const massType = world.massTypeOf(dice >>> 5);
  const driver = world.userOf(seed, index);
  const [fromPoint, toPoint] = [locationPoint(world, from), locationPoint(world, to)];
  return `{"id":"${stream.id(index)}","loadDateTime":${timeJson(loaded)},"dumpDateTime":${timeJson(loaded + cycle)},"costStartDateTime":${timeJson(
    loaded - 120,
  )},"costEndDateTime":${timeJson(loaded + cycle + 60)},"quantity":${quantity(dice >>> 6)},"quantityM3":${largeNumber(more)},"registeredQuantity":${quantity(
    more >>> 6,
  )},"verifiedQuantity":${level > 0 ? quantity(more >>> 6) : 'null'},"unitOfMeasureText":"${(dice & 8) === 0 ? 'CubicMeter' : 'Ton'}","massTypeId":${members.idOf(
    'flow-mass-types',
    massType,
  )},"massType":${members.massTypeName(massType)},"m3PerHour":${money(dice, 90)},"totalCycleTimeSeconds":${cycle},"totalCycleTimeHours":${
    cycle / 3600
  },"utilizationRate":0.${more % 1000},"distance":${money(more, 30)},"averageSpeedKmh":${money(dice >>> 2, 60)},"netAltitudeChange":-${money(
    more >>> 2,
    80,
  )},"totalAscent":${money(more >>> 4, 120)},"maxGradient":${more % 18}.5,"averageGradient":-${dice % 6}.25,"loadLocationName":${members.locationName(from)},"dumpLocationName":${members.locationName(to)},"loadCoordinates":${fromPoint},"dumpCoordinates":${toPoint},"loaderId":${members.idOf(
    'resource',
    loader,
  )},"loaderName":${members.machineName(loader)},"loaderNumber":${numberOf(loader)},"loaderDriverName":${members.userName(
    world.userOf(seed, index + 1_000_003),
  )},"dumperId":${members.idOf('resource', dumper)},"dumperName":${members.machineName(dumper)},"dumperNumber":${numberOf(
    dumper,
  )},"dumperRegistrationNumber":${dumper === NONE ? 'null' : `"ZZ ${10_000 + dumper}"`},"dumperDriverName":${members.userName(
    driver,
  )},"dumperDriverCompanyName":"Fjellvei Maskin & Transport AS","trailer":${flag((more & 16) !== 0)},"verified":${flag(level > 0)},"approved":${flag(
    level > 1,
  )},"invoiced":${flag(level > 2)},"receiptNumber":"${index}-${more % 97}","customerName":${pick(CUSTOMERS, more >>> 7)},"comment":${description(
    seed,
    index,
    stream.revision(index),
  )},${members.project(project)},${members.task(world.taskOf(project, more >>> 4))},"isFlowData":${flag(dice % 5 !== 0)},${standing(stream, index)}}`;
};

/** `[lon, lat]`. */
function locationPoint(world: World, location: number): string {
  const { seed } = world.states['flow-locations'];
  return `[${coordinate(10, hash(seed, location, 23))},${coordinate(60, hash(seed, location, 24))}]`;
}

function numberOf(resource: number): string {
  return resource === NONE ? 'null' : `"${100 + resource}"`;
}

export const flowLocation: Render = (members, stream, index) => {
  const { seed } = stream;
  const name = json(locationName(seed, index));
  const type = index % 2 === 0 ? 'Landfill' : 'BorrowPit';
  return `{"id":"${stream.id(index)}","name":${name},"type":"${type}","description":${description(
    seed,
    index,
    stream.revision(index),
  )},"radius":${50 + (index % 200)},"coordinates":${locationPoint(members.world, index)},"polygon":[[[10.1,60.1],[10.2,60.1],[10.2,60.2],[10.1,60.1]]],${members.project(
    members.world.projectOf(seed, index),
  )},${standing(stream, index)}}`;
};

export const flowMassType: Render = (_members, stream, index) => {
  const changes = stream.revision(index);
  return `{"id":"${stream.id(index)}","name":${json(massTypeName(index))},"number":"${10 + index}","density":1.${index % 10}${changes},"unit":"Ton","contaminated":${flag(
    index === 7,
  )},${standing(stream, index)}}`;
};
