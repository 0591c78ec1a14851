import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';

import { PROCESS_ENVIRONMENT } from '../../bench/environment.ts';

it('the benchmarks give the extractor what the template gives its process', () => {
  const template = readFileSync(new URL('../../template.yaml', import.meta.url), 'utf8');
  for (const [name, value] of Object.entries(PROCESS_ENVIRONMENT)) {
    assert.ok(template.includes(`          ${name}: "${value}"\n`), `${name} is not ${value} in the template`);
  }
});
