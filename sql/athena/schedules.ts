/**
 * What keeps the tables current: EventBridge Scheduler starts a query of Athena for each table.
 *
 * A recent merge every `RefreshHours`; a merge of all lines, compaction and the removal of old files once a week, in this order.
 * The weekly ones of a table begin half an hour away from its recent merges, at any `RefreshHours`: of two merges that overlap one
 * fails, and a rate instead of a cron expression would let the same two overlap every week.
 */

import type { Yaml } from '../../scripts/yaml.ts';
import type { StreamSpec } from '../catalogue/spec.ts';
import { rowsOf } from '../names.ts';
import { mergeSql } from './merge.ts';
import { arnOf, iff, pascal, ref, sub, unsubstituted } from './yaml.ts';

/** Hours of the cron expression by `RefreshHours`. */
export const HOURS: Readonly<Record<string, string>> = {
  '0': '3',
  '1': '*',
  '3': '0/3',
  '6': '0/6',
  '12': '0/12',
  '24': '3',
};

const FIRST_MINUTE = 3;
/** Hour of Saturday (UTC) in which the merges of all lines begin, each 62 minutes after the one before. */
const FIRST_REBUILD_HOUR = 4;

interface Query {
  readonly kind: 'refresh' | 'rebuild' | 'compact' | 'clean';
  readonly workGroup: 'RefreshWorkGroup' | 'RebuildWorkGroup' | 'UpkeepWorkGroup';
  readonly role: 'RefreshRole' | 'UpkeepRole';
  readonly description: string;
  readonly sql: string;
  readonly expression: Yaml;
}

/** Schedules of a table, by logical id. */
export function schedulesOf(spec: StreamSpec, at: number): Record<string, Yaml> {
  const rows = rowsOf(spec.table);
  // Two minutes apart, so that the queries of all tables never ask for more than Athena runs at once.
  const minute = (FIRST_MINUTE + 2 * at) % 60;
  const opposite = (minute + 30) % 60;
  const rebuildHour = (FIRST_REBUILD_HOUR + Math.floor((FIRST_MINUTE + 30 + 62 * at) / 60)) % 24;
  const lines = { workGroup: 'RefreshWorkGroup', role: 'RefreshRole' } as const;
  const files = { workGroup: 'UpkeepWorkGroup', role: 'UpkeepRole' } as const;
  const hours = { 'Fn::FindInMap': ['Hours', ref('RefreshHours'), 'Cron'] };
  const queries: readonly Query[] = [
    {
      kind: 'refresh',
      ...lines,
      description: `Brings new lines into ${rows}`,
      sql: mergeSql(spec, 'recent'),
      expression: { 'Fn::Sub': [`cron(${minute} \${Hours} * * ? *)`, { Hours: hours }] },
    },
    {
      kind: 'rebuild',
      ...lines,
      // Its own metrics: one that fails is not tried again for a week, so the alarm counts it twice.
      workGroup: 'RebuildWorkGroup',
      description: `Brings into ${rows} what the others have missed`,
      sql: mergeSql(spec, 'all'),
      expression: `cron(${opposite} ${rebuildHour} ? * SAT *)`,
    },
    {
      kind: 'compact',
      ...files,
      description: `Makes few files of the many of ${rows}`,
      sql: `OPTIMIZE ${rows} REWRITE DATA USING BIN_PACK`,
      expression: `cron(${opposite} 1 ? * SUN *)`,
    },
    {
      kind: 'clean',
      ...files,
      description: `Removes files that ${rows} no longer needs`,
      sql: `VACUUM ${rows}`,
      expression: `cron(${opposite} 2 ? * SUN *)`,
    },
  ];
  return Object.fromEntries(
    queries.map((query) => [`${pascal(spec.name)}${pascal(query.kind)}`, schedule(spec, query)]),
  );
}

function schedule({ name, table }: StreamSpec, { kind, workGroup, role, description, sql, expression }: Query): Yaml {
  return {
    Type: 'AWS::Scheduler::Schedule',
    DependsOn: [`${pascal(name)}Lines`, `${pascal(name)}Rows`, 'ManifestLines'],
    Properties: {
      Description: description,
      GroupName: ref('RefreshGroup'),
      State: iff('Refreshes', 'ENABLED', 'DISABLED'),
      ScheduleExpression: expression,
      FlexibleTimeWindow: { Mode: 'OFF' },
      KmsKeyArn: iff('HasKey', ref('KmsKeyArn')),
      Target: {
        Arn: sub(`arn:\${AWS::Partition}:scheduler:::aws-sdk:athena:startQueryExecution`),
        RoleArn: arnOf(role),
        // Of the start, not of the query: what fails later is done by the next one.
        RetryPolicy: { MaximumRetryAttempts: 5, MaximumEventAgeInSeconds: 1800 },
        Input: sub(inputOf(table, kind, sql, workGroup)),
      },
    },
  };
}

/** What Athena is asked. The token makes a second delivery of one firing harmless; it needs 32 characters. */
function inputOf(table: string, kind: string, sql: string, workGroup: string): string {
  const parameters = {
    QueryString: unsubstituted(sql),
    WorkGroup: `\${${workGroup}}`,
    QueryExecutionContext: { Catalog: 'AwsDataCatalog', Database: `\${DatabaseName}` },
    ClientRequestToken: `${kind}-\${Generation}-${table}-<aws.scheduler.scheduled-time>`,
  };
  return JSON.stringify(parameters);
}
