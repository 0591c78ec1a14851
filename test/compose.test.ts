import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lakeId, sourceKey } from '../src/compose.ts';
import { parseConfig } from '../src/config.ts';

const LEAST = { STATE_TABLE: 'ditio-state', LAKE_URL: 's3://lake-of-anlegg/ditio', DITIO_SECRET_ID: 'ditio/test' };
const config = (differs: Readonly<Record<string, string>> = {}) => parseConfig({ ...LEAST, ...differs }, ['project']);

describe('the name of a source', () => {
  for (const [name, differs] of [
    ['environment', { DITIO_ENVIRONMENT: 'production' }],
    ['host', { DITIO_REPORTING_URL: 'https://other.example/reporting' }],
    ['path', { DITIO_REPORTING_URL: 'https://core-api.ditio.dev/other' }],
    ['begin of history', { HISTORY_START: '2020-01-01' }],
    ['company', { COMPANY_ID: 'c-1' }],
    ['project', { PROJECT_ID: 'p-1' }],
    ['companies that are shown', { OWN_COMPANY_DATA_ONLY: 'true' }],
    ['subsidiaries that are left out', { EXCLUDE_DATA_FROM_SUBSIDIARIES: 'true' }],
    ['sensitive data', { INCLUDE_SENSITIVE_DATA: 'true' }],
  ] as const) {
    it(`is another one with another ${name}`, () => assert.notEqual(sourceKey(config(differs)), sourceKey(config())));
  }

  it('is another one in another environment, though the addresses are given and stay', () => {
    const at = (environment: string) =>
      sourceKey(config({ DITIO_ENVIRONMENT: environment, DITIO_REPORTING_URL: 'https://ditio.example/reporting' }));
    assert.notEqual(at('production'), at('test'));
  });

  for (const [name, differs] of [
    ['page size', { PAGE_SIZE: '10' }],
    ['lake', { LAKE_URL: 's3://other/ditio' }],
  ] as const) {
    it(`stays with another ${name}`, () => assert.equal(sourceKey(config(differs)), sourceKey(config())));
  }

  it('stays with another port, as a simulator has one each time', () => {
    const at = (port: number) => sourceKey(config({ DITIO_REPORTING_URL: `http://127.0.0.1:${port}/reporting` }));
    assert.equal(at(4001), at(4002));
  });
});

describe('the name of a lake', () => {
  for (const [name, url] of [
    ['bucket', 's3://other/ditio'],
    ['prefix', 's3://lake-of-anlegg/other'],
    ['kind', 'file:///lake-of-anlegg/ditio'],
  ] as const) {
    it(`is another one with another ${name}`, () =>
      assert.notEqual(lakeId(config({ LAKE_URL: url })), lakeId(config())));
  }

  it('stays with another compression: both may lie in one table', () =>
    assert.equal(lakeId(config({ LAKE_COMPRESSION: 'zstd' })), lakeId(config())));
});
