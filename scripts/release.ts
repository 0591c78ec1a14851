/**
 * Makes the archive of a release, from which `sam deploy` works without a build: `npm run release`.
 *
 * Writes `release/ditio-extract-VERSION.tar.gz` with the templates, the bundle, the events, the documents and a list of the
 * bundle's packages (CycloneDX), and `release/SHA256SUMS`. Needs GNU tar; run `npm run build` first.
 */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Everything that a deployment, its commands and its runbook need. */
const CONTENT = [
  ...['template.yaml', 'streams.yaml', 'samconfig.toml', 'dist', 'events', 'secret.example.json'],
  ...['README.md', 'CHANGELOG.md', 'LICENSE', 'docs'],
];

export interface Release {
  readonly archive: string;
  readonly sums: string;
}

/** Throws when the bundle was not built. */
export function makeRelease(folder: string = join(ROOT, 'release')): Release {
  if (!existsSync(join(ROOT, 'dist/handler.mjs')))
    throw new Error('dist/handler.mjs is missing: run npm run build first');
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const name = `ditio-extract-${version}`;
  const staged = join(folder, name);
  rmSync(staged, { recursive: true, force: true });
  mkdirSync(staged, { recursive: true });
  for (const each of CONTENT) cpSync(join(ROOT, each), join(staged, each), { recursive: true });
  writeFileSync(join(staged, 'sbom.cdx.json'), billOfMaterials());
  const archive = join(folder, `${name}.tar.gz`);
  // The same content gives the same bytes: names in order, no times, no owners, and no time in gzip's own header.
  const fixed = [
    '--sort=name',
    '--mtime=1980-01-01',
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '--mode=u=rwX,go=rX',
  ];
  execFileSync('tar', [...fixed, '--use-compress-program=gzip -n', '-cf', archive, '-C', folder, name]);
  rmSync(staged, { recursive: true, force: true });
  const sum = createHash('sha256').update(readFileSync(archive)).digest('hex');
  const sums = join(folder, 'SHA256SUMS');
  writeFileSync(sums, `${sum}  ${name}.tar.gz\n`);
  return { archive, sums };
}

/** The list of packages that run in Lambda, without the values that change with every call. */
function billOfMaterials(): string {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev', '--omit', 'optional', '--package-lock-only'];
  const options = {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    shell: process.platform === 'win32',
  } as const;
  const { serialNumber: _, ...bill } = JSON.parse(execFileSync('npm', args, options));
  const { timestamp: __, ...metadata } = bill.metadata;
  return `${JSON.stringify({ ...bill, metadata }, null, 2)}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { archive, sums } = makeRelease();
  console.log(`${archive}\n${sums}`);
}
