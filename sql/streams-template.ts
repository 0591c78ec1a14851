/**
 * Writes `streams.yaml`, the nested template that has one of each per stream, from the catalogue: `npm run streams`.
 *
 * Decides tables and saved queries. A test in `test/repo` fails when the file and the catalogue part.
 */

import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { toYaml, type Yaml } from '../scripts/yaml.ts';
import type { StreamSpec } from './catalogue/spec.ts';
import { STREAM_SPECS } from './catalogue/streams.ts';
import { viewSql } from './view-sql.ts';

const HEAD = `# Generated from the catalogue by "npm run streams"; do not edit. What exists once per stream, nested in template.yaml.
`;

/** Syncs are dated by the day they open; none is older than the first release. */
const FIRST_DAY = '2026-01-01';

const ref = (name: string): Yaml => ({ Ref: name });
const sub = (text: string): Yaml => ({ 'Fn::Sub': text });
const iff = (condition: string, then: Yaml, otherwise: Yaml): Yaml => ({ 'Fn::If': [condition, then, otherwise] });
const not = (value: Yaml): Yaml => ({ 'Fn::Not': [value] });
const equals = (left: Yaml, right: Yaml): Yaml => ({ 'Fn::Equals': [left, right] });

/** The whole text of `streams.yaml`. */
export function streamsTemplate(): string {
  return HEAD + toYaml(template());
}

function template(): Yaml {
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: 'ditio-extract - tables and views, one of each per stream',
    Parameters: {
      ServiceName: { Type: 'String', Description: 'Name of the stack this belongs to.' },
      LakeBucketName: { Type: 'String', Description: 'Bucket of the lake.' },
      LakePrefix: { Type: 'String', Description: 'Folder of the lake in the bucket.' },
      DatabaseName: { Type: 'String', Description: 'Name of the database.' },
      KmsKeyArn: { Type: 'String', Description: 'Key that query results are encrypted with, or nothing.' },
    },
    Conditions: {
      HasKey: not(equals(ref('KmsKeyArn'), '')),
    },
    Resources: {
      Database: {
        Type: 'AWS::Glue::Database',
        Properties: {
          CatalogId: ref('AWS::AccountId'),
          DatabaseInput: { Name: ref('DatabaseName'), Description: sub(`What \${ServiceName} has brought from Ditio`) },
        },
      },
      WorkGroup: workGroup(),
      ManifestsTable: manifestsTable(),
      ...Object.fromEntries(STREAM_SPECS.map(({ name, table }) => [`${pascal(name)}Table`, streamTable(name, table)])),
      ...Object.fromEntries(STREAM_SPECS.map((row) => [`${pascal(row.name)}View`, viewQuery(row)])),
    },
    Outputs: {
      Database: { Description: 'Name of the database', Value: ref('Database') },
      WorkGroup: { Description: 'Name of the workgroup', Value: ref('WorkGroup') },
    },
  };
}

function workGroup(): Yaml {
  return {
    Type: 'AWS::Athena::WorkGroup',
    DeletionPolicy: 'Delete',
    UpdateReplacePolicy: 'Delete',
    Properties: {
      Name: ref('ServiceName'),
      Description: sub(`Queries over the lake of \${ServiceName}; the saved ones create its views`),
      // Its saved queries and their history go with the stack; the results stay in the bucket for their days.
      RecursiveDeleteOption: true,
      WorkGroupConfiguration: {
        EnforceWorkGroupConfiguration: true,
        PublishCloudWatchMetricsEnabled: false,
        EngineVersion: { SelectedEngineVersion: 'Athena engine version 3' },
        ResultConfiguration: {
          OutputLocation: sub(`s3://\${LakeBucketName}/athena-results/\${ServiceName}/`),
          EncryptionConfiguration: iff(
            'HasKey',
            { EncryptionOption: 'SSE_KMS', KmsKey: ref('KmsKeyArn') },
            { EncryptionOption: 'SSE_S3' },
          ),
        },
      },
    },
  };
}

/** A table of one column, the line as it is. The fields' delimiter, U+0001, is in no line: JSON escapes it. */
function linesTable(name: string, description: string, location: string, partition: Yaml): Yaml {
  return {
    Type: 'AWS::Glue::Table',
    Properties: {
      CatalogId: ref('AWS::AccountId'),
      DatabaseName: ref('Database'),
      TableInput: {
        Name: name,
        Description: description,
        TableType: 'EXTERNAL_TABLE',
        ...(partition as Record<string, Yaml>),
        StorageDescriptor: {
          Location: sub(location),
          InputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
          OutputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
          SerdeInfo: { SerializationLibrary: 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe' },
          Columns: [{ Name: 'line', Type: 'string', Comment: 'One JSON object' }],
        },
      },
    },
  };
}

function streamTable(stream: string, table: string): Yaml {
  const location = `s3://\${LakeBucketName}/\${LakePrefix}/${table}/`;
  return linesTable(table, `Every line of ${stream}; its present state is the view ${table}_current`, location, {
    PartitionKeys: [{ Name: 'date', Type: 'string', Comment: 'Day on which the sync opened, UTC' }],
    Parameters: {
      EXTERNAL: 'TRUE',
      'projection.enabled': 'true',
      'projection.date.type': 'date',
      'projection.date.format': 'yyyy-MM-dd',
      // A sync id may run ahead of the clock.
      'projection.date.range': `${FIRST_DAY},NOW+1DAYS`,
      'projection.date.interval': '1',
      'projection.date.interval.unit': 'DAYS',
      // `${!…}` is what Fn::Sub leaves as `${…}` for Athena.
      'storage.location.template': sub(`${location}sync_date=\${!date}`),
    },
  });
}

function manifestsTable(): Yaml {
  const location = `s3://\${LakeBucketName}/\${LakePrefix}/manifests/`;
  return linesTable('manifests', 'What each completed sync has written, one line a sync', location, {
    PartitionKeys: [{ Name: 'table_name', Type: 'string', Comment: 'Table that the sync belongs to' }],
    Parameters: {
      EXTERNAL: 'TRUE',
      'projection.enabled': 'true',
      'projection.table_name.type': 'enum',
      'projection.table_name.values': STREAM_SPECS.map(({ table }) => table).join(','),
      'storage.location.template': sub(`${location}\${!table_name}`),
    },
  });
}

function viewQuery(row: StreamSpec): Yaml {
  return {
    Type: 'AWS::Athena::NamedQuery',
    // Athena refuses a query whose tables are not there.
    DependsOn: ['ManifestsTable', `${pascal(row.name)}Table`],
    Properties: {
      Name: `Create ${row.table}_current`,
      Description: `Creates the view of the present state of ${row.name}; run it once, and after an upgrade`,
      Database: ref('Database'),
      WorkGroup: ref('WorkGroup'),
      QueryString: `${viewSql(row)}\n`,
    },
  };
}

/** `time-registrations` → `TimeRegistrations`, for logical ids. */
function pascal(name: string): string {
  return name.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL('../streams.yaml', import.meta.url), streamsTemplate());
}
