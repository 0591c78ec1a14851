/**
 * Tables and views as resources of CloudFormation.
 *
 * Two shapes here are not free to choose (docs/decisions.md): an Iceberg table has a top-level `Name` and no `TableInput`, because
 * with one the first update of the stack destroys it; a view has `PartitionKeys: []`, without which Athena cannot read it.
 */

import type { Yaml } from '../../scripts/yaml.ts';
import type { Column, ColumnType, StreamSpec } from '../catalogue/spec.ts';
import { MANIFEST_COLUMNS, MANIFEST_LINE, MANIFEST_PARTITIONS } from '../manifests.ts';
import { linesOf, MANIFEST_LINES, MANIFESTS, rowsOf } from '../names.ts';
import { rowColumns } from '../present.ts';
import { fieldIds } from './field-ids.ts';
import { manifestsView, presentView, viewColumns } from './views.ts';
import { pascal, ref, sub, unsubstituted } from './yaml.ts';

/** Syncs are dated by the day they open; none is older than the first release. */
const FIRST_DAY = '2026-01-01';

/** Folder of the lake, as `Fn::Sub` reads it. */
const LAKE = `s3://\${LakeBucketName}/\${LakePrefix}`;

/** Below it every maintained table has a folder; a stack that is made again has another, so that old files are never in the way. */
export const ICEBERG_FOLDER = `\${LakePrefix}/iceberg/\${Generation}`;

/** Types of Iceberg, of a view's description, and of Hive; times are without zones, which views cannot have. */
const TYPES: Readonly<Record<ColumnType, readonly [iceberg: string, view: string, hive: string]>> = {
  text: ['string', 'varchar', 'string'],
  json: ['string', 'varchar', 'string'],
  number: ['double', 'double', 'double'],
  'decimal-text': ['double', 'double', 'double'],
  integer: ['long', 'bigint', 'bigint'],
  boolean: ['boolean', 'boolean', 'boolean'],
  date: ['date', 'date', 'date'],
  timestamp: ['timestamp', 'timestamp(6)', 'timestamp'],
  'local-datetime-text': ['timestamp', 'timestamp(6)', 'timestamp'],
};

const glueTable = (dependsOn: readonly string[], properties: Record<string, Yaml>): Yaml => ({
  Type: 'AWS::Glue::Table',
  // Everything in it can be made again out of the lines.
  DeletionPolicy: 'Delete',
  UpdateReplacePolicy: 'Delete',
  ...(dependsOn.length > 0 && { DependsOn: dependsOn }),
  Properties: { CatalogId: ref('AWS::AccountId'), DatabaseName: ref('Database'), ...properties },
});

/** A table of one column, the line as it is. The fields' delimiter, U+0001, is in no line: JSON escapes it. */
function linesTable(name: string, description: string, location: string, partition: Record<string, Yaml>): Yaml {
  return glueTable([], {
    TableInput: {
      Name: name,
      Description: description,
      TableType: 'EXTERNAL_TABLE',
      ...partition,
      StorageDescriptor: {
        Location: sub(location),
        InputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
        OutputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
        SerdeInfo: { SerializationLibrary: 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe' },
        Columns: [{ Name: 'line', Type: 'string', Comment: 'One JSON object' }],
      },
    },
  });
}

export function streamLines({ name, table }: StreamSpec): Yaml {
  const location = `${LAKE}/${table}/`;
  return linesTable(linesOf(table), `Every line ever of ${name}`, location, {
    PartitionKeys: [{ Name: 'sync_date', Type: 'string', Comment: 'Day on which the sync opened, UTC' }],
    Parameters: {
      EXTERNAL: 'TRUE',
      'projection.enabled': 'true',
      'projection.sync_date.type': 'date',
      'projection.sync_date.format': 'yyyy-MM-dd',
      // A sync id may run ahead of the clock.
      'projection.sync_date.range': `${FIRST_DAY},NOW+1DAYS`,
      'projection.sync_date.interval': '1',
      'projection.sync_date.interval.unit': 'DAYS',
      'storage.location.template': sub(`${location}sync_date=\${!sync_date}/`),
    },
  });
}

export function manifestLines(tables: readonly string[]): Yaml {
  const location = `${LAKE}/manifests/`;
  return linesTable(MANIFEST_LINES, 'What each completed sync has written, one line a sync', location, {
    PartitionKeys: MANIFEST_PARTITIONS.map(({ name, sentence }) => ({ Name: name, Type: 'string', Comment: sentence })),
    Parameters: {
      EXTERNAL: 'TRUE',
      'projection.enabled': 'true',
      'projection.table_name.type': 'enum',
      'projection.table_name.values': tables.join(','),
      'projection.mode.type': 'enum',
      'projection.mode.values': 'full,incremental,backfill',
      'projection.month.type': 'date',
      'projection.month.format': 'yyyy-MM',
      // Athena knows months here; Trino does not, and is given their names by the tests.
      'projection.month.range': `${FIRST_DAY.slice(0, 7)},NOW+1MONTHS`,
      'projection.month.interval': '1',
      'projection.month.interval.unit': 'MONTHS',
      'storage.location.template': sub(`${location}\${!table_name}/\${!mode}/\${!month}/`),
    },
  });
}

/** The maintained table; its columns are in the order of their ids, which never change. */
export function streamRows(spec: StreamSpec): Yaml {
  const ids = fieldIds(spec.table);
  const fields = rowColumns(spec)
    .map(({ name, type }) => ({ Id: ids(name), Name: name.toLowerCase(), Type: TYPES[type][0], Required: false }))
    .toSorted((left, right) => left.Id - right.Id);
  return glueTable([], {
    Name: rowsOf(spec.table),
    OpenTableFormatInput: {
      IcebergInput: {
        MetadataOperation: 'CREATE',
        Version: '2',
        IcebergTableInput: {
          Location: sub(`s3://\${LakeBucketName}/${ICEBERG_FOLDER}/${rowsOf(spec.table)}/`),
          Schema: { Type: 'struct', SchemaId: 0, Fields: fields },
          Properties: { 'write.format.default': 'parquet', 'write.parquet.compression-codec': 'zstd' },
        },
      },
    },
  });
}

export function streamView(spec: StreamSpec): Yaml {
  return view(spec.table, presentView(spec), viewColumns(spec), [`${pascal(spec.name)}Rows`]);
}

export function manifestView(): Yaml {
  return view(
    MANIFESTS,
    manifestsView(),
    [...MANIFEST_PARTITIONS, ...MANIFEST_COLUMNS, MANIFEST_LINE],
    ['ManifestLines'],
  );
}

/**
 * A view as Athena stores its own: JSON in Base64 in a comment. It has no `Description`, because Trino would read that instead
 * of the comment `Presto View`, and then does not find the view.
 */
function view(name: string, sql: string, columns: readonly Column[], dependsOn: readonly string[]): Yaml {
  const definition = JSON.stringify({
    originalSql: sql,
    catalog: 'awsdatacatalog',
    schema: DATABASE_HERE,
    columns: columns.map((column) => ({ name: column.name.toLowerCase(), type: TYPES[column.type][1] })),
  });
  return glueTable(dependsOn, {
    TableInput: {
      Name: name,
      TableType: 'VIRTUAL_VIEW',
      // What Athena writes; without an owner the view has no definer.
      Owner: 'hadoop',
      Parameters: { presto_view: 'true', comment: 'Presto View' },
      PartitionKeys: [],
      StorageDescriptor: {
        SerdeInfo: {},
        Columns: columns.map((column) => ({
          Name: column.name.toLowerCase(),
          Type: TYPES[column.type][2],
          Comment: column.sentence.slice(0, MAX_COMMENT),
        })),
      },
      ViewExpandedText: '/* Presto View */',
      ViewOriginalText: {
        'Fn::Join': [
          '',
          [
            '/* Presto View: ',
            { 'Fn::Base64': sub(unsubstituted(definition).replace(DATABASE_HERE, `\${DatabaseName}`)) },
            ' */',
          ],
        ],
      },
    },
  });
}

/** Stands for the name of the database until the template is written. */
const DATABASE_HERE = '<database>';
/** Longest comment of a column that Glue takes. */
const MAX_COMMENT = 255;
