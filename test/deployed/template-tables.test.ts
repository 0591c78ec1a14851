/** The nested template: tables in the shapes that work, the statements that keep them current, and what these may do. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { RECENT_DAYS, SETTLED_MINUTES } from '../../sql/athena/merge.ts';
import { STREAM_SPECS } from '../../sql/catalogue/streams.ts';
import { rowColumns } from '../../sql/present.ts';
import { type Properties, propertiesOf } from './evaluate.ts';
import { deploy, KEY, logicalId, type Stack, statementsOf } from './stack.ts';
import { ROOT } from './tools.ts';

const KINDS = ['Refresh', 'Rebuild', 'Compact', 'Clean'] as const;
const MINUTES_OF_DAY = 24 * 60;

/** Minutes since the begin of Sunday at which a cron expression of the template fires: `cron(minute hours day * weekday *)`. */
function minutesOfWeek(expression: string): number[] {
  const [, minute, hours = '', days] =
    /^cron\((\d+) (\S+) (?:\* \* \?|\? \* (SUN|SAT)) \*\)$/.exec(expression) ?? assert.fail(expression);
  const [, first, step] = /^(\d+)(?:\/(\d+))?$/.exec(hours) ?? [hours, '0', '1'];
  const ofDay = step === undefined ? [Number(first)] : HOURS.filter((hour) => hour % Number(step) === Number(first));
  const ofWeek = days === undefined ? [0, 1, 2, 3, 4, 5, 6] : [days === 'SUN' ? 0 : 6];
  return ofWeek.flatMap((day) => ofDay.map((hour) => day * MINUTES_OF_DAY + hour * 60 + Number(minute)));
}
const HOURS = Array.from({ length: 24 }, (_, hour) => hour);

/** Of two starts in a week that comes again and again. */
function minDistance(starts: readonly number[]): number {
  const inOrder = starts.toSorted((left, right) => left - right);
  const again = [...inOrder.slice(1), Number(inOrder[0]) + 7 * MINUTES_OF_DAY];
  return Math.min(...inOrder.map((start, at) => Number(again[at]) - start));
}

describe('the tables of the stack', () => {
  let stack: Stack;
  before(() => {
    stack = deploy();
  });

  it('are a table of lines, a maintained one and a view for every stream, and two for the manifests', () => {
    const names = Object.values(stack.nested.resources)
      .filter(({ Type }) => Type === 'AWS::Glue::Table')
      .map(({ Properties }) => Properties.Name ?? Properties.TableInput.Name);
    const expected = STREAM_SPECS.flatMap(({ table }) => [table, `${table}_lines`, `${table}_rows`]);
    assert.deepEqual(names.toSorted(), [...expected, 'manifests', 'manifests_lines'].toSorted());
  });

  it('are Iceberg in the shape that an update of the stack does not destroy', () => {
    for (const spec of STREAM_SPECS) {
      const { Name, TableInput, OpenTableFormatInput } = propertiesOf(stack.nested, `${logicalId(spec.name)}Rows`);
      const { MetadataOperation, Version, IcebergTableInput } = OpenTableFormatInput.IcebergInput;
      assert.deepEqual(
        [Name, TableInput, MetadataOperation, Version],
        [`${spec.table}_rows`, undefined, 'CREATE', '2'],
      );
      assert.equal(IcebergTableInput.Location, `s3://<LakeBucket>/ditio/acme/iceberg/3f2a91bc/${spec.table}_rows/`);
      const { Type, Fields } = IcebergTableInput.Schema;
      assert.equal(Type, 'struct');
      assert.deepEqual(
        Fields.map(({ Id }: Properties) => Id),
        Fields.map((_: unknown, at: number) => at + 1),
      );
      assert.deepEqual(
        Fields.map(({ Name: field }: Properties) => field).toSorted(),
        rowColumns(spec)
          .map(({ name }) => name.toLowerCase())
          .toSorted(),
      );
    }
  });

  it('keep the numbers of their columns for ever', () => {
    const ids: Record<string, Record<string, number>> = JSON.parse(
      readFileSync(join(ROOT, 'sql/athena/field-ids.json'), 'utf8'),
    );
    for (const [table, numbers] of Object.entries(ids)) {
      assert.equal(new Set(Object.values(numbers)).size, Object.keys(numbers).length, `${table} has a number twice`);
    }
  });

  it('have views as Athena writes its own, in the database of the stack', () => {
    for (const { name, table } of STREAM_SPECS) {
      const { TableInput } = propertiesOf(stack.nested, `${logicalId(name)}View`);
      assert.deepEqual([TableInput.TableType, TableInput.PartitionKeys], ['VIRTUAL_VIEW', []]);
      // Trino does not find a view that has one.
      assert.ok(!('Description' in TableInput));
      const [, base64 = ''] = /^\/\* Presto View: (\S+) \*\/$/.exec(TableInput.ViewOriginalText) ?? [];
      const view = JSON.parse(Buffer.from(base64, 'base64').toString('utf8'));
      assert.deepEqual([view.catalog, view.schema], ['awsdatacatalog', 'acme']);
      assert.match(view.originalSql, new RegExp(`FROM ${table}_rows\\b`));
      assert.deepEqual(
        view.columns.map((column: Properties) => column.name),
        TableInput.StorageDescriptor.Columns.map((column: Properties) => column.Name),
      );
    }
  });

  it('are kept within what CloudFormation, Scheduler, Athena and Glue take', () => {
    assert.ok(readFileSync(join(ROOT, 'streams.yaml')).length < 1_000_000);
    assert.ok(Object.keys(stack.nested.resources).length < 450);
    for (const { Type, Properties } of Object.values(stack.nested.resources)) {
      if (Type === 'AWS::Scheduler::Schedule') {
        assert.ok(Buffer.byteLength(Properties.Target.Input) < 200_000);
        assert.ok(Properties.Description.length <= 512);
      }
      if (Type === 'AWS::Glue::Table') assert.ok((Properties.TableInput?.ViewOriginalText ?? '').length < 400_000);
    }
  });
});

describe('the refresh of the tables', () => {
  let stack: Stack;
  before(() => {
    stack = deploy();
  });

  const scheduleOf = (of: Stack, name: string, kind: (typeof KINDS)[number]) =>
    propertiesOf(of.nested, `${logicalId(name)}${kind}`);

  it('is a query of Athena for every table, in the workgroup of its kind', () => {
    for (const { name, table } of STREAM_SPECS) {
      for (const kind of KINDS) {
        const { Target, State } = scheduleOf(stack, name, kind);
        assert.equal(State, 'ENABLED');
        assert.equal(Target.Arn, 'arn:aws:scheduler:::aws-sdk:athena:startQueryExecution');
        const input = JSON.parse(Target.Input);
        assert.equal(input.WorkGroup, `<${kind === 'Refresh' || kind === 'Rebuild' ? kind : 'Upkeep'}WorkGroup>`);
        assert.deepEqual(input.QueryExecutionContext, { Catalog: 'AwsDataCatalog', Database: 'acme' });
        const begins = { Refresh: 'MERGE INTO', Rebuild: 'MERGE INTO', Compact: 'OPTIMIZE', Clean: 'VACUUM' }[kind];
        assert.ok(input.QueryString.startsWith(`${begins} ${table}_rows`), input.QueryString.slice(0, 60));
        // Scheduler puts the time in, 20 characters; Athena takes 32 to 128.
        const token = input.ClientRequestToken.replace('<aws.scheduler.scheduled-time>', '2026-11-26T20:00:00Z');
        assert.ok(token.length >= 32 && token.length <= 128, token);
      }
    }
  });

  it('looks at the last days, and once a week at everything', () => {
    const bound = `current_date - INTERVAL '${RECENT_DAYS}' DAY`;
    for (const { name } of STREAM_SPECS) {
      const sql = (kind: (typeof KINDS)[number]) => JSON.parse(scheduleOf(stack, name, kind).Target.Input).QueryString;
      assert.ok(sql('Refresh').includes(bound));
      assert.ok(!sql('Rebuild').includes('current_date'));
      assert.match(scheduleOf(stack, name, 'Rebuild').ScheduleExpression, /^cron\(\d+ \d+ \? \* SAT \*\)$/);
    }
  });

  it('counts a full sync when no run can still be writing its parts', () => {
    for (const { name } of STREAM_SPECS) {
      for (const kind of ['Refresh', 'Rebuild'] as const) {
        const sql: string = JSON.parse(scheduleOf(stack, name, kind).Target.Input).QueryString;
        assert.match(
          sql,
          new RegExp(`'\\$\\.completedAt'\\), ''\\) < date_format.+INTERVAL '${SETTLED_MINUTES}' MINUTE`),
          name,
        );
      }
    }
    assert.ok(SETTLED_MINUTES * 60 > propertiesOf(stack, 'ExtractFunction').Timeout);
  });

  for (const [hours, cron] of [
    ['1', '*'],
    ['3', '0/3'],
    ['6', '0/6'],
    ['12', '0/12'],
    ['24', '3'],
  ] as const) {
    it(`comes every ${hours} hours when RefreshHours says so`, () => {
      const { ScheduleExpression } = scheduleOf(deploy({ RefreshHours: hours }), 'project', 'Refresh');
      assert.equal(ScheduleExpression, `cron(3 ${cron} * * ? *)`);
    });
  }

  it('never comes when RefreshHours is 0', () => {
    const never = deploy({ RefreshHours: '0' });
    for (const kind of KINDS) assert.equal(scheduleOf(never, 'project', kind).State, 'DISABLED');
  });

  for (const hours of ['1', '3', '6', '12', '24']) {
    it(`starts no two queries of one table within half an hour when RefreshHours is ${hours}`, () => {
      const each = deploy({ RefreshHours: hours });
      for (const { name } of STREAM_SPECS) {
        const starts = KINDS.flatMap((kind) => minutesOfWeek(scheduleOf(each, name, kind).ScheduleExpression));
        assert.equal(starts.length, (7 * 24) / Number(hours) + 3, name);
        assert.ok(minDistance(starts) >= 30, `${name}: ${minDistance(starts)} minutes`);
      }
    });
  }

  it('merges all lines of one table at a time, and then makes few files of many', () => {
    const startsOf = (kind: (typeof KINDS)[number]) =>
      STREAM_SPECS.flatMap(({ name }) => minutesOfWeek(scheduleOf(stack, name, kind).ScheduleExpression));
    assert.ok(minDistance(startsOf('Rebuild')) >= 30, `${minDistance(startsOf('Rebuild'))} minutes`);
    // The week of `minutesOfWeek` begins with Sunday, the day of both.
    assert.ok(Math.max(...startsOf('Compact')) < Math.min(...startsOf('Clean')));
    assert.ok(Math.max(...startsOf('Clean')) < MINUTES_OF_DAY);
  });

  it('tells of failures by the metrics of its workgroups, which the upkeep does not share', () => {
    for (const [workGroup, name] of [
      ['RefreshWorkGroup', 'acme-refresh'],
      ['RebuildWorkGroup', 'acme-rebuild'],
      ['UpkeepWorkGroup', 'acme-upkeep'],
    ] as const) {
      const { Name, RecursiveDeleteOption, WorkGroupConfiguration } = propertiesOf(stack.nested, workGroup);
      assert.deepEqual([Name, RecursiveDeleteOption], [name, true]);
      assert.equal(WorkGroupConfiguration.PublishCloudWatchMetricsEnabled, true);
    }
    assert.equal(stack.nested.outputs.RefreshWorkGroup, '<RefreshWorkGroup>');
  });

  describe('may do only what it must', () => {
    const glue = 'arn:aws:glue:eu-north-1:123456789012';
    const athena = 'arn:aws:athena:eu-north-1:123456789012';
    const rows = [`${glue}:catalog`, `${glue}:database/acme`, `${glue}:table/acme/*_rows`];
    const tables = [`${glue}:catalog`, `${glue}:database/acme`, `${glue}:table/acme/*`];
    const write = ['s3:PutObject', 's3:AbortMultipartUpload'];
    const iceberg = 'arn:aws:s3:::<LakeBucket>/ditio/acme/iceberg/3f2a91bc/*';
    const common = (suffixes: readonly string[], own: readonly Properties[]) =>
      [
        {
          Sid: 'RunQueries',
          Action: ['athena:StartQueryExecution', 'athena:GetQueryExecution', 'athena:GetWorkGroup'],
          Resource: suffixes.map((suffix) => `${athena}:workgroup/acme${suffix}`),
        },
        { Sid: 'UseCatalog', Action: 'athena:GetDataCatalog', Resource: `${athena}:datacatalog/AwsDataCatalog` },
        {
          Sid: 'ReadTables',
          Action: ['glue:GetDatabase', 'glue:GetTable', 'glue:GetTables', 'glue:GetPartitions'],
          Resource: tables,
        },
        { Sid: 'CommitRows', Action: 'glue:UpdateTable', Resource: rows },
        ...own,
        {
          Sid: 'WriteResults',
          Action: ['s3:GetObject', ...write, 's3:ListMultipartUploadParts'],
          Resource: suffixes.map((suffix) => `arn:aws:s3:::<LakeBucket>/athena-results/acme${suffix}/*`),
        },
        {
          Sid: 'FindObjects',
          Action: ['s3:GetBucketLocation', 's3:ListBucket'],
          Resource: 'arn:aws:s3:::<LakeBucket>',
        },
      ].map((statement) => ({ Effect: 'Allow', ...statement }));

    it('the refresh: read the lake, write rows, delete nothing', () => {
      assert.deepEqual(
        statementsOf(stack.nested, 'RefreshRole'),
        common(
          ['-refresh', '-rebuild'],
          [
            { Sid: 'ReadLake', Action: 's3:GetObject', Resource: 'arn:aws:s3:::<LakeBucket>/ditio/acme/*' },
            { Sid: 'WriteRows', Action: [...write, 's3:ListMultipartUploadParts'], Resource: iceberg },
          ],
        ),
      );
    });

    it('the upkeep: rewrite and delete files of rows, read no part', () => {
      assert.deepEqual(
        statementsOf(stack.nested, 'UpkeepRole'),
        common(
          ['-upkeep'],
          [
            {
              Sid: 'RewriteRows',
              Action: ['s3:GetObject', 's3:DeleteObject', ...write, 's3:ListMultipartUploadParts'],
              Resource: iceberg,
            },
          ],
        ),
      );
    });

    it('and both with the keys and the boundary of the stack, for Scheduler alone', () => {
      const boundary = 'arn:aws:iam::123456789012:policy/boundary';
      const other = 'arn:aws:kms:eu-north-1:123456789012:key/other';
      const bound = deploy({ KmsKeyArn: KEY, ExistingKeyArns: other, PermissionsBoundaryArn: boundary });
      for (const role of ['RefreshRole', 'UpkeepRole']) {
        const sids = statementsOf(bound.nested, role).map(({ Sid, Resource }) => [Sid, Resource]);
        assert.deepEqual(sids.slice(-2), [
          ['UseKey', KEY],
          ['UseExistingKeys', [other]],
        ]);
        const { PermissionsBoundary, AssumeRolePolicyDocument } = propertiesOf(bound.nested, role);
        assert.equal(PermissionsBoundary, boundary);
        assert.deepEqual(AssumeRolePolicyDocument.Statement, [
          {
            Effect: 'Allow',
            Principal: { Service: 'scheduler.amazonaws.com' },
            Action: 'sts:AssumeRole',
            Condition: { StringEquals: { 'aws:SourceAccount': '123456789012', 'aws:SourceArn': '<RefreshGroup.Arn>' } },
          },
        ]);
      }
    });
  });
});
