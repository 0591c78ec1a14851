/**
 * Writes `streams.yaml`, the nested template of the tables, from the catalogue: `npm run streams`.
 *
 * A test in `test/repo` fails when the file and the catalogue differ.
 */

import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { toYaml, type Yaml } from '../scripts/yaml.ts';
import { refreshRole, upkeepRole, workGroup } from './athena/access.ts';
import { manifestLines, manifestView, streamLines, streamRows, streamView } from './athena/glue-tables.ts';
import { HOURS, schedulesOf } from './athena/schedules.ts';
import { equals, not, pascal, ref, sub } from './athena/yaml.ts';
import { STREAM_SPECS } from './catalogue/streams.ts';

const HEAD = `# Generated from the catalogue by "npm run streams"; do not edit. Tables and what keeps them current,
# nested in template.yaml.
`;

/** The whole text of `streams.yaml`. */
export function streamsTemplate(): string {
  return HEAD + toYaml(template());
}

function template(): Yaml {
  const each = (suffix: string, make: (spec: (typeof STREAM_SPECS)[number]) => Yaml) =>
    Object.fromEntries(STREAM_SPECS.map((spec) => [`${pascal(spec.name)}${suffix}`, make(spec)]));
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: 'ditio-extract - tables and views of every stream, and what keeps them current',
    Parameters: {
      ServiceName: { Type: 'String', Description: 'Name of the stack this belongs to.' },
      LakeBucketName: { Type: 'String', Description: 'Bucket of the lake.' },
      LakePrefix: { Type: 'String', Description: 'Folder of the lake in the bucket.' },
      DatabaseName: { Type: 'String', Description: 'Name of the database.' },
      Generation: { Type: 'String', Description: 'Eight characters that a stack made again has other ones of.' },
      RefreshHours: {
        Type: 'String',
        AllowedValues: Object.keys(HOURS),
        Description: 'Hours from one refresh of the tables to the next. 0 - never.',
      },
      PermissionsBoundaryArn: { Type: 'String', Description: 'Policy that bounds every role, or nothing.' },
      KmsKeyArn: { Type: 'String', Description: 'Key that everything is encrypted with, or nothing.' },
      ExistingKeyArns: {
        Type: 'CommaDelimitedList',
        Description: 'Keys that an existing bucket is encrypted with, or nothing.',
      },
    },
    Mappings: { Hours: Object.fromEntries(Object.entries(HOURS).map(([hours, Cron]) => [hours, { Cron }])) },
    Conditions: {
      HasKey: not(equals(ref('KmsKeyArn'), '')),
      HasExistingKeys: not(equals({ 'Fn::Join': ['', ref('ExistingKeyArns')] }, '')),
      HasBoundary: not(equals(ref('PermissionsBoundaryArn'), '')),
      Refreshes: not(equals(ref('RefreshHours'), '0')),
    },
    Resources: {
      Database: {
        Type: 'AWS::Glue::Database',
        Properties: {
          CatalogId: ref('AWS::AccountId'),
          DatabaseInput: { Name: ref('DatabaseName'), Description: sub(`What \${ServiceName} has brought from Ditio`) },
        },
      },
      WorkGroup: workGroup('', `Queries of people over the tables of \${ServiceName}`),
      RefreshWorkGroup: workGroup('-refresh', `Queries that keep the tables of \${ServiceName} current`),
      RebuildWorkGroup: workGroup('-rebuild', `Weekly merges of all lines of the tables of \${ServiceName}`),
      UpkeepWorkGroup: workGroup('-upkeep', `Queries that tidy the files of the tables of \${ServiceName}`),
      RefreshGroup: { Type: 'AWS::Scheduler::ScheduleGroup', Properties: {} },
      RefreshRole: refreshRole(),
      UpkeepRole: upkeepRole(),
      ManifestLines: manifestLines(STREAM_SPECS.map(({ table }) => table)),
      ManifestsView: manifestView(),
      ...each('Lines', streamLines),
      ...each('Rows', streamRows),
      ...each('View', streamView),
      ...Object.assign({}, ...STREAM_SPECS.map(schedulesOf)),
    },
    Outputs: {
      Database: { Description: 'Name of the database', Value: ref('Database') },
      WorkGroup: { Description: 'Workgroup for people', Value: ref('WorkGroup') },
      RefreshWorkGroup: {
        Description: 'Workgroup of the refresh, whose metrics tell of failures',
        Value: ref('RefreshWorkGroup'),
      },
      RebuildWorkGroup: { Description: 'Workgroup of the weekly merges of all lines', Value: ref('RebuildWorkGroup') },
      UpkeepWorkGroup: { Description: 'Workgroup of the upkeep', Value: ref('UpkeepWorkGroup') },
      RefreshGroup: {
        Description: 'Group of the schedules, whose metrics tell of queries that never began',
        Value: ref('RefreshGroup'),
      },
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL('../streams.yaml', import.meta.url), streamsTemplate());
}
