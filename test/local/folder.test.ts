/** Folders of local runs: one for each source, taken by one process at a time. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  folderOf,
  isOfSource,
  isTaken,
  latestName,
  markLatest,
  nameOf,
  sourceOf,
  takeFolder,
} from '../../local/folder.ts';
import { diskProblem, Problem, stateProblem } from '../../local/problem.ts';
import { temporaryFolder } from './command.ts';

describe('the folder of a source', () => {
  it('is named after it', () => {
    const sources = [{ kind: 'live' }, { kind: 'simulator', records: 500, seed: 7 }] as const;
    assert.deepEqual(
      sources.map((source) => nameOf(source, 'production')),
      ['live-production', 'simulator-7-500'],
    );
    for (const source of sources) assert.deepEqual(sourceOf(nameOf(source, 'test')), source);
  });

  it('has what lies in it, also through a link and where it does not exist yet', (t) => {
    const root = temporaryFolder(t);
    const folder = folderOf(root, 'live-test');
    mkdirSync(folder.lake, { recursive: true });
    markLatest(folder);
    for (const path of ['live-test', 'live-test/lake', 'live-test/new', 'latest', 'latest/lake/a/b']) {
      assert.ok(isOfSource(join(root, path), root), path);
    }
    for (const path of ['', 'out', 'live-test.old', '../live-test-of-another']) {
      assert.ok(!isOfSource(join(root, path), root), path);
    }
    assert.ok(!isOfSource(join(root, 'live-test'), join(root, 'none')));
  });

  it('is found again as the latest one', (t) => {
    const root = temporaryFolder(t);
    assert.equal(latestName(root), null);
    for (const name of ['simulator-1-5', 'live-test', 'simulator-1-5']) {
      const folder = folderOf(root, name);
      mkdirSync(folder.path, { recursive: true });
      markLatest(folder);
      assert.equal(latestName(root), name);
      assert.ok(existsSync(join(root, 'latest')));
    }
  });

  it('is found through a text file where links are refused', (t) => {
    const root = temporaryFolder(t);
    mkdirSync(join(root, 'live-test'));
    writeFileSync(join(root, 'latest'), 'live-test\n');
    assert.equal(latestName(root), 'live-test');
    markLatest(folderOf(root, 'live-test'));
    assert.ok(lstatSync(join(root, 'latest')).isSymbolicLink());
  });

  it('is not the latest one after it was removed, nor is anything outside', (t) => {
    const root = temporaryFolder(t);
    writeFileSync(join(root, 'latest'), 'simulator-1-5\n');
    assert.equal(latestName(root), null);
    writeFileSync(join(root, 'latest'), '../..\n');
    assert.equal(latestName(root), null);
  });
});

describe('the lock of a folder', () => {
  it('names the process that holds it, and is gone afterwards', (t) => {
    const folder = folderOf(temporaryFolder(t), 'live-test');
    const { release } = takeFolder(folder);
    const lock = join(folder.path, 'lock');
    assert.equal(JSON.parse(readFileSync(lock, 'utf8')).pid, process.pid);
    assert.ok(!isTaken(folder), 'by another process');
    release();
    assert.ok(!existsSync(lock));
  });

  it('refuses a second process, and says who holds the folder', async (t) => {
    const folder = folderOf(temporaryFolder(t), 'live-test');
    mkdirSync(folder.path, { recursive: true });
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    t.after(() => other.kill());
    const lock = join(folder.path, 'lock');
    writeFileSync(lock, JSON.stringify({ pid: other.pid, since: '2026-11-26T12:00:00.000Z' }));
    assert.throws(
      () => takeFolder(folder),
      (error) => error instanceof Problem && error.message.includes(`process ${other.pid}, since`),
    );
    assert.ok(existsSync(lock));
    assert.ok(isTaken(folder));
    other.kill();
    await once(other, 'exit');
    assert.ok(!isTaken(folder));
    takeFolder(folder).release();
  });

  for (const content of ['', '{"pid":', '{"pid":-1}', '{"pid":"all"}']) {
    it(`is taken over where it holds ${content || 'nothing'}`, (t) => {
      const folder = folderOf(temporaryFolder(t), 'live-test');
      mkdirSync(folder.path, { recursive: true });
      writeFileSync(join(folder.path, 'lock'), content);
      takeFolder(folder).release();
    });
  }
});

describe('a folder that cannot be used', () => {
  it('is explained where a folder is in the place of its lock', (t) => {
    const folder = folderOf(temporaryFolder(t), 'live-test');
    mkdirSync(join(folder.path, 'lock'), { recursive: true });
    assert.throws(
      () => takeFolder(folder),
      (error) => error instanceof Problem && /lock is a folder where a file is expected/.test(error.message),
    );
    assert.ok(existsSync(join(folder.path, 'lock')));
  });

  it('is explained where a file is in its place', (t) => {
    const root = temporaryFolder(t);
    writeFileSync(join(root, 'file'), '');
    assert.throws(
      () => takeFolder(folderOf(join(root, 'file'), 'live-test')),
      /is not a folder: a file is in its place/,
    );
    writeFileSync(join(root, 'live-test'), '');
    assert.throws(() => takeFolder(folderOf(root, 'live-test')), /is not a folder: a file is in its place/);
  });

  for (const [code, says] of [
    ['ENOSPC', /the disk is full/],
    ['EROFS', /its disk is read-only/],
    ['EACCES', /you do not have the permission/],
  ] as const) {
    it(`is explained on ${code}, in one sentence without a stack`, () => {
      const problem = diskProblem('/data', Object.assign(new Error('x'), { code }));
      assert.ok(problem instanceof Problem);
      assert.match(problem.message, says);
      assert.ok(problem.message.startsWith('/data '));
    });
  }

  it('leaves any other error as it is', () => {
    const error = new Error('x');
    assert.equal(diskProblem('/data', error), error);
    assert.equal(stateProblem(error), error);
  });

  for (const message of ['Database is closed', 'IO error: /data/state/000003.log: No space left on device']) {
    it(`is explained where the embedded database says: ${message}`, () => {
      const problem = stateProblem(new Error(message));
      assert.ok(problem instanceof Problem);
      assert.match(problem.message, /^The state cannot be opened or written: its disk is full, /);
    });
  }
});
