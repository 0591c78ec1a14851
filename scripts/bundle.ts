/**
 * Makes the bundle: one ES module for Lambda's Node 24, without white space and dead code. The same sources and lockfile
 * give the same bytes.
 */

import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';

/** Packages in CommonJS call `require` for Node's own modules; an ES module has no `require`. */
const BANNER =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";

/**
 * Bundles an entry into one file, and writes its source map to `<outfile>.map`.
 *
 * @param entry path of the module that exports `handler`, from the root of the repository
 * @param outfile path of the bundle, likewise
 * @returns the content of the bundle with sizes
 */
export async function bundle(entry: string, outfile: string): Promise<Metafile> {
  const result = await build({
    absWorkingDir: fileURLToPath(new URL('..', import.meta.url)),
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // ES modules first: unused code can be removed only from them.
    mainFields: ['module', 'main'],
    minifyWhitespace: true,
    minifySyntax: true,
    // Names stay as they are, so that stacks can be read. Shorter ones with `keepNames` take a third off the bytes but
    // set the name of each function and class again on import, which takes longer.
    minifyIdentifiers: false,
    legalComments: 'none',
    banner: { js: BANNER },
    // The file beside the bundle is read only where a person asks Node for it; it costs no start-up time.
    sourcemap: 'linked',
    // The text is in the repository.
    sourcesContent: false,
    metafile: true,
    logLevel: 'warning',
  });
  return result.metafile;
}
