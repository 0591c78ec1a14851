/** Writes `dist/handler.mjs`, the one file that is deployed, and its source map: `npm run build`. */

import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.ts';

rmSync(fileURLToPath(new URL('../dist', import.meta.url)), { recursive: true, force: true });
const { outputs } = await bundle('src/handler.ts', 'dist/handler.mjs');
console.log(`dist/handler.mjs: ${Math.round(outputs['dist/handler.mjs'].bytes / 1024)} KiB`);
