/** The events that people copy from `events/` are events that the handler takes (contract, section 4). */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { CATALOGUE } from '../../src/ditio/catalogue.ts';
import { parseEvent } from '../../src/event.ts';

describe('the files in events/', () => {
  const folder = new URL('../../events/', import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
  const all = CATALOGUE.map(({ name }) => name);
  const commands = () => files.map((name) => parseEvent(read(name), all, CATALOGUE));

  it('are there', () => assert.ok(files.length > 0, 'events/ holds no .json file'));

  for (const name of files) {
    it(`hold events that are taken: ${name}`, () => assert.doesNotThrow(() => parseEvent(read(name), all, CATALOGUE)));
  }

  it('show each event of the contract, section 4', () => {
    const shown = new Set(
      commands().map((command) => {
        if (command.action === 'backfill') return `backfill ${command.window.kind}`;
        return command.action === 'sync' ? `sync ${command.mode}` : command.action;
      }),
    );
    const wanted = ['sync auto', 'sync full', 'backfill dates', 'backfill modified', 'status', 'check', 'reset'];
    assert.deepEqual(
      wanted.filter((event) => !shown.has(event)),
      [],
    );
  });
});
