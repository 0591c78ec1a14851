/**
 * Athena's surroundings on loopback: moto as Glue and S3, with the database, tables and views of the template, word for word,
 * and Trino over them, as Athena is over the real ones.
 */

import { mkdirSync } from 'node:fs';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type LakeFile, writeFiles } from '../sql/lake-builder.ts';
import { type Evaluated, evaluate, type Properties, readTemplates } from './evaluate.ts';
import { startServer, toolPath } from './tools.ts';
import { type Catalog, startTrino } from './trino.ts';
import { createTrinoClient, type TrinoClient } from './trino-client.ts';

const REGION = 'eu-north-1';
const BUCKET = 'acme-lake';
const ACCESS = { 'aws-access-key': 'test', 'aws-secret-key': 'test' };

/** Months that a test's lake may have syncs of: Trino does not know projection by months, which Athena documents. */
export type Months = readonly string[];

export interface WorldOptions {
  /** Objects are files of this folder instead of moto's, which is slow with many thousands. */
  readonly folder?: string;
}

export interface GlueWorld {
  /** Names are found as in Athena: no catalog, no schema. */
  readonly athena: TrinoClient;
  /** The nested stack, for the SQL of its schedules. */
  readonly stack: Evaluated;
  /** Begins a new lake. Each maintained table takes Trino a second to make, so only those of `tables` exist. */
  freshLake(tables: readonly string[]): Promise<void>;
  write(files: readonly LakeFile[]): Promise<void>;
  /** The statement that a schedule of the stack starts. */
  statementOf(schedule: string): string;
  close(): Promise<void>;
}

export async function startGlueWorld(months: Months, { folder }: WorldOptions = {}): Promise<GlueWorld> {
  const moto = await startServer(toolPath('moto', 'bin', 'moto_server'), (port) => ['--port', String(port)]);
  const storage = folder === undefined ? s3(moto.endpoint) : localFiles(folder);
  const catalogs = {
    awsdatacatalog: {
      'connector.name': 'hive',
      'hive.metastore': 'glue',
      ...glue(moto.endpoint),
      ...storage,
      'hive.partition-projection-enabled': true,
      // A folder that is not there is an error of local files only.
      'hive.ignore-absent-partitions': folder !== undefined,
      'hive.iceberg-catalog-name': 'iceberg',
    },
    iceberg: {
      'connector.name': 'iceberg',
      'iceberg.catalog.type': 'glue',
      ...glue(moto.endpoint),
      ...storage,
    },
  };
  const trino = await startTrino(catalogs, folder === undefined);
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const objects = new S3Client({ endpoint: moto.endpoint, region: REGION, credentials, forcePathStyle: true });
  const Bucket = BUCKET;
  await objects.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: REGION } }));
  let generation = 0;
  let stack = stackOf(generation);
  let client = clientOf(stack);

  function stackOf(number: number): Evaluated {
    return evaluate(readTemplates().streams, {
      ServiceName: 'acme',
      LakeBucketName: BUCKET,
      LakePrefix: `lake${number}`,
      DatabaseName: `acme${number}`,
      Generation: String(number).padStart(8, '0'),
      RefreshHours: '6',
      PermissionsBoundaryArn: '',
      KmsKeyArn: '',
      ExistingKeyArns: '',
    });
  }

  function clientOf({ resources }: Evaluated): TrinoClient {
    const schema = resources.Database?.Properties.DatabaseInput.Name;
    return createTrinoClient({ endpoint: trino.endpoint, catalog: 'awsdatacatalog', schema });
  }

  async function freshLake(tables: readonly string[]): Promise<void> {
    const maintained = new Set(tables.map((table) => `${table}_rows`));
    generation += 1;
    stack = stackOf(generation);
    client = clientOf(stack);
    const { DatabaseInput } = stack.resources.Database?.Properties ?? {};
    await callGlue(moto.endpoint, 'CreateDatabase', { DatabaseInput });
    for (const { Type, Properties } of Object.values(stack.resources)) {
      if (Type !== 'AWS::Glue::Table') continue;
      if (Properties.TableInput) {
        const TableInput = placed(withMonths(Properties.TableInput, months));
        await callGlue(moto.endpoint, 'CreateTable', { DatabaseName: DatabaseInput.Name, TableInput });
      } else if (maintained.has(Properties.Name)) {
        await client.query(createRows(DatabaseInput.Name, placed(Properties)));
      }
    }
  }

  /** With the addresses of where the objects are. */
  function placed(properties: Properties): Properties {
    if (folder === undefined) return properties;
    return JSON.parse(JSON.stringify(properties).replaceAll(`s3://${BUCKET}/`, 'local:///'));
  }

  return {
    get athena() {
      return client;
    },
    get stack() {
      return stack;
    },
    freshLake,
    async write(files) {
      if (folder !== undefined) return writeFiles(`${folder}/lake${generation}`, files);
      for (const { key, bytes } of files) {
        await objects.send(new PutObjectCommand({ Bucket, Key: `lake${generation}/${key}`, Body: bytes }));
      }
    },
    statementOf(schedule) {
      const { Target } = stack.resources[schedule]?.Properties ?? {};
      if (!Target) throw new Error(`no schedule is named ${schedule}`);
      return JSON.parse(Target.Input).QueryString;
    },
    async close() {
      objects.destroy();
      await Promise.all([trino.stop(), moto.stop()]);
    },
  };
}

function glue(endpoint: string): Catalog {
  const prefix = 'hive.metastore.glue';
  return {
    [`${prefix}.endpoint-url`]: endpoint,
    [`${prefix}.region`]: REGION,
    [`${prefix}.aws-access-key`]: ACCESS['aws-access-key'],
    [`${prefix}.aws-secret-key`]: ACCESS['aws-secret-key'],
  };
}

function s3(endpoint: string): Catalog {
  return {
    'fs.native-s3.enabled': true,
    's3.endpoint': endpoint,
    's3.region': REGION,
    's3.path-style-access': true,
    's3.aws-access-key': ACCESS['aws-access-key'],
    's3.aws-secret-key': ACCESS['aws-secret-key'],
  };
}

function localFiles(folder: string): Catalog {
  mkdirSync(folder, { recursive: true });
  return { 'fs.native-local.enabled': true, 'local.location': folder };
}

/** What CloudFormation would ask of Glue. */
async function callGlue(endpoint: string, action: string, body: unknown): Promise<void> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AWSGlue.${action}`,
      authorization: `AWS4-HMAC-SHA256 Credential=test/20261101/${REGION}/glue/aws4_request, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${action} was answered ${response.status}: ${await response.text()}`);
}

function withMonths(table: Properties, months: Months): Properties {
  const unit = 'projection.month.interval.unit';
  if (table.Parameters[unit] !== 'MONTHS') return table;
  const kept = Object.entries(table.Parameters).filter(
    ([key]) => !/^projection\.month\.(format|range|interval)/.test(key),
  );
  const Parameters = {
    ...Object.fromEntries(kept),
    'projection.month.type': 'enum',
    'projection.month.values': months.join(','),
  };
  return { ...table, Parameters };
}

/** What Glue makes of the template's schema: moto knows no Iceberg. */
function createRows(schema: string, { Name, OpenTableFormatInput }: Properties): string {
  const { Location, Schema } = OpenTableFormatInput.IcebergInput.IcebergTableInput;
  const types: Readonly<Record<string, string>> = { string: 'varchar', long: 'bigint', timestamp: 'timestamp(6)' };
  const columns = Schema.Fields.map((field: Properties) => `"${field.Name}" ${types[field.Type] ?? field.Type}`);
  return `CREATE TABLE iceberg.${schema}.${Name} (${columns.join(', ')}) WITH (format_version = 2, location = '${Location}')`;
}
