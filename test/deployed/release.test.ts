/** The archive of a release, unpacked: what a deployment needs is in it, and nothing of the machine that made it. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { makeRelease, type Release } from '../../scripts/release.ts';
import { trackedFiles } from '../repo/files.ts';
import { ROOT } from './tools.ts';

const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
/** What `npm run build` and the release itself write; everything else is a file of the repository. */
const MADE = ['dist/handler.mjs', 'dist/handler.mjs.map', 'sbom.cdx.json'];

describe('the archive of a release', () => {
  const folder = mkdtempSync(join(tmpdir(), 'release-'));
  let release: Release;
  let unpacked: string;
  let files: readonly string[];
  before(() => {
    mkdirSync(join(folder, 'made'));
    release = makeRelease(join(folder, 'made'));
    execFileSync('tar', ['-xzf', release.archive, '-C', folder]);
    unpacked = join(folder, basename(release.archive, '.tar.gz'));
    const entries = readdirSync(unpacked, { recursive: true }).map((path) => String(path).replaceAll('\\', '/'));
    files = entries.filter((path) => statSync(join(unpacked, path)).isFile());
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('carries the version in its name', () => {
    assert.equal(basename(unpacked), `ditio-extract-${read(join(ROOT, 'package.json')).version}`);
  });

  it('has both templates, the stages, the bundle, the events and the runbook', () => {
    const needed = ['template.yaml', 'streams.yaml', 'samconfig.toml', 'events/status.json', 'secret.example.json'];
    const wanted = [...needed, ...MADE, 'docs/operations.md', 'docs/deploy.md', 'LICENSE'];
    assert.deepEqual(
      wanted.filter((path) => !files.includes(path)),
      [],
    );
    const template = readFileSync(join(unpacked, 'template.yaml'), 'utf8');
    const named = [...template.matchAll(/^ +(?:CodeUri|TemplateURL): ([\w./]+)$/gm)].map(([, path]) => path);
    assert.deepEqual(named.toSorted(), ['dist/', 'streams.yaml']);
  });

  it('has files of the repository and of the build alone, each as it is there', () => {
    const tracked = new Set(trackedFiles());
    assert.deepEqual(
      files.filter((path) => !tracked.has(path) && !MADE.includes(path)),
      [],
    );
    for (const path of files.filter((each) => each !== 'sbom.cdx.json')) {
      assert.ok(readFileSync(join(unpacked, path)).equals(readFileSync(join(ROOT, path))), `${path} differs`);
    }
  });

  it('names no folder, owner or time of the machine that made it', () => {
    for (const path of files) {
      const text = readFileSync(join(unpacked, path), 'latin1');
      for (const place of [ROOT, `${homedir()}/`, folder]) assert.ok(!text.includes(place), `${path}: ${place}`);
    }
    const listed = execFileSync('tar', ['--numeric-owner', '--utc', '-tvzf', release.archive], { encoding: 'utf8' });
    for (const line of listed.trim().split('\n')) assert.match(line, /^\S+ 0\/0 +\d+ 1980-01-01 00:00 /);
  });

  it('lists in CycloneDX what runs in Lambda: each dependency with its version, no tool of the development', () => {
    const bill = read(join(unpacked, 'sbom.cdx.json'));
    assert.equal(bill.bomFormat, 'CycloneDX');
    const { dependencies, devDependencies } = read(join(ROOT, 'package.json'));
    const listed = new Map(
      bill.components.map(({ group, name, version }: Readonly<Record<string, string>>) => [
        group ? `${group}/${name}` : name,
        version,
      ]),
    );
    for (const [name, version] of Object.entries(dependencies)) assert.equal(listed.get(name), version, name);
    assert.deepEqual(
      Object.keys(devDependencies).filter((name) => listed.has(name) && !name.startsWith('@types/')),
      [],
    );
  });

  it('has the checksum that is published beside it', () => {
    const sum = createHash('sha256').update(readFileSync(release.archive)).digest('hex');
    assert.equal(readFileSync(release.sums, 'utf8'), `${sum}  ${basename(release.archive)}\n`);
  });
});
