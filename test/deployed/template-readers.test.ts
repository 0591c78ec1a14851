/** Who may read what: the two policies for those who query. */

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { CATALOGUE } from '../../src/ditio/catalogue.ts';
import { type Properties, propertiesOf } from './evaluate.ts';
import { deploy, EXISTING, KEY, type Stack } from './stack.ts';

/** Closed to sites, and open to them: adding a stream means to decide. */
const CLOSED = ['user', 'payroll_lines', 'payroll_lines_extended', 'absence_registrations', 'crew_list_registrations'];
const OPEN = [
  ...['project', 'work_orders', 'resource', 'time_registrations', 'machine_registrations', 'incident_registrations'],
  ...['machine_incident_registrations', 'checklist_registrations', 'machine_checklist_registrations', 'images'],
  ...['flow_trip_registrations', 'flow_locations', 'flow_mass_types', 'item_registrations'],
];
const LAKE = 'arn:aws:s3:::<LakeBucket>/ditio/acme';

describe('a reader', () => {
  let stack: Stack;
  before(() => {
    stack = deploy();
  });

  const statements = (policy: string, of: Stack = stack): Properties[] =>
    propertiesOf(of, policy).PolicyDocument.Statement;

  /** Whether a policy allows an action on a resource: a denial wins. */
  function may(policy: string, action: string, arn: string, of: Stack = stack): boolean {
    const about = statements(policy, of).filter(
      ({ Action, Resource }) =>
        [Action].flat().some((pattern) => fits(action, String(pattern))) &&
        [Resource].flat().some((pattern) => fits(arn, String(pattern))),
    );
    return about.length > 0 && about.every(({ Effect }) => Effect === 'Allow');
  }

  it('of sites has a decision about every stream', () => {
    assert.deepEqual([...OPEN, ...CLOSED].toSorted(), CATALOGUE.map(({ table }) => table).toSorted());
  });

  for (const { table } of CATALOGUE) {
    it(`of sites ${CLOSED.includes(table) ? 'does not read' : 'reads'} ${table}, its lines and its rows; one of payroll does`, () => {
      const part = `${LAKE}/${table}/sync_date=2026-11-22/part.ndjson.gz`;
      const rows = `${LAKE}/iceberg/1a2b3c/${table}_rows/data/file.parquet`;
      for (const arn of [part, rows]) {
        assert.equal(may('SitesReaderPolicy', 's3:GetObject', arn), !CLOSED.includes(table), arn);
        assert.equal(may('PayrollReaderPolicy', 's3:GetObject', arn), true, arn);
      }
    });
  }

  it('of sites reads the manifests of every stream, which hold nothing of persons', () => {
    for (const { table } of CATALOGUE) {
      const manifest = `${LAKE}/manifests/${table}/full/2026-11/20261122T081500000Z.json`;
      assert.equal(may('SitesReaderPolicy', 's3:GetObject', manifest), true, table);
    }
  });

  it('has a workgroup of its own, and reads and writes the results of no other', () => {
    const results = (group: string) => `arn:aws:s3:::<LakeBucket>/athena-results/${group}/answer.csv`;
    const group = (name: string) => `arn:aws:athena:eu-north-1:123456789012:workgroup/${name}`;
    for (const [policy, own, other] of [
      ['SitesReaderPolicy', 'acme', 'acme-payroll'],
      ['PayrollReaderPolicy', 'acme-payroll', 'acme'],
    ] as const) {
      for (const action of ['s3:GetObject', 's3:PutObject'])
        assert.deepEqual([may(policy, action, results(own)), may(policy, action, results(other))], [true, false]);
      const action = 'athena:StartQueryExecution';
      assert.deepEqual([may(policy, action, group(own)), may(policy, action, group(other))], [true, false]);
    }
    assert.equal(
      propertiesOf(stack.nested, 'WorkGroup').WorkGroupConfiguration.ResultConfiguration.OutputLocation,
      's3://<LakeBucket>/athena-results/acme/',
    );
    const { Name, WorkGroupConfiguration } = propertiesOf(stack, 'PayrollWorkGroup');
    assert.equal(Name, 'acme-payroll');
    assert.equal(WorkGroupConfiguration.EnforceWorkGroupConfiguration, true);
    assert.deepEqual(WorkGroupConfiguration.ResultConfiguration, {
      OutputLocation: 's3://<LakeBucket>/athena-results/acme-payroll/',
      EncryptionConfiguration: { EncryptionOption: 'SSE_S3' },
    });
  });

  it('changes nothing of the lake, and neither the catalogue nor another bucket is open', () => {
    const actions = ['SitesReaderPolicy', 'PayrollReaderPolicy'].flatMap((policy) =>
      statements(policy).flatMap(({ Effect, Action }) => (Effect === 'Allow' ? [Action].flat().map(String) : [])),
    );
    assert.deepEqual(
      actions.filter((action) => /\*|Delete|Update|Create|glue:(?!Get)/.test(action)),
      [],
    );
    for (const policy of ['SitesReaderPolicy', 'PayrollReaderPolicy']) {
      assert.equal(may(policy, 's3:PutObject', `${LAKE}/project/x`), false);
      assert.equal(may(policy, 's3:GetObject', 'arn:aws:s3:::other/ditio/acme/project/x'), false);
      const unbounded = statements(policy).filter(({ Resource }) => [Resource].flat().includes('*'));
      // IAM knows no resource for these.
      assert.deepEqual(
        unbounded.map(({ Action }) => Action),
        [['athena:ListDataCatalogs', 'athena:ListEngineVersions', 'athena:ListWorkGroups']],
      );
    }
  });

  it('is let into an existing bucket and its own folder there, with the keys', () => {
    const existing = deploy({ ...EXISTING, KmsKeyArn: KEY, ExistingKeyArns: KEY });
    assert.equal(
      may('SitesReaderPolicy', 's3:GetObject', 'arn:aws:s3:::company-lake/raw/ditio/project/x', existing),
      true,
    );
    assert.equal(
      may('PayrollReaderPolicy', 's3:GetObject', 'arn:aws:s3:::company-lake/other/project/x', existing),
      false,
    );
    for (const policy of ['SitesReaderPolicy', 'PayrollReaderPolicy'])
      assert.equal(
        statements(policy, existing).filter(({ Action }) => [Action].flat().includes('kms:Decrypt')).length,
        2,
      );
  });

  it('is attached to nobody by the stack', () => {
    for (const policy of ['SitesReaderPolicy', 'PayrollReaderPolicy']) {
      const { Users, Groups, Roles } = propertiesOf(stack, policy);
      assert.deepEqual([Users, Groups, Roles], [undefined, undefined, undefined]);
    }
  });

  it('has policies that IAM takes, also where bucket and folder have the longest names', () => {
    const most = {
      ExistingBucketName: 'b'.repeat(63),
      LakePrefix: 'p'.repeat(200),
      KmsKeyArn: KEY,
      ExistingKeyArns: KEY,
    };
    const long = deploy(most);
    // Without blanks, a managed policy has at most 6,144 characters (IAM's quotas).
    for (const policy of ['SitesReaderPolicy', 'PayrollReaderPolicy'])
      assert.ok(JSON.stringify(propertiesOf(long, policy).PolicyDocument).length <= 6144, policy);
  });
});

function fits(arn: string, pattern: string): boolean {
  const escaped = pattern.split('*').map((part) => part.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'));
  return new RegExp(`^${escaped.join('.*')}$`).test(arn);
}
