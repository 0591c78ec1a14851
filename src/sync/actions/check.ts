/**
 * The action `check`: proves that everything a sync needs is there. Extracts nothing, moves nothing.
 *
 * Every check is made, whatever the ones before it came to, so that one call tells a person all there is to mend.
 */

import type { StreamRule } from '../../core/cursor/stream-rule.ts';
import { DeadlineReached, HardFailure } from '../../core/failure/errors.ts';
import { createItemSplitter } from '../../core/page/item-text.ts';
import { checkPage } from '../../core/page/page-check.ts';
import { createPageSplitter } from '../../core/page/page-splitter.ts';
import { addMs, DAY_MS, type Instant } from '../../core/time/instant.ts';
import type { PageAnswer, PageRequest, Scope } from '../../ports.ts';
import type { SyncDeps } from '../deps.ts';

export interface Check {
  /** `secret`, `token`, `table`, `lake`, or `stream:<name>`. */
  readonly name: string;
  readonly ok: boolean;
  /** For a person: what was proved, or what is wrong and what to do. */
  readonly detail: string;
}

export interface CheckReport {
  readonly action: 'check';
  readonly checks: readonly Check[];
}

export async function runChecks(deps: SyncDeps, rules: readonly StreamRule[], scope: Scope): Promise<CheckReport> {
  const checks: Check[] = [
    { name: 'config', ok: true, detail: `the configuration is complete, for ${rules.length} streams` },
  ];
  checks.push(
    await prove('secret', async () => {
      await deps.secrets.read(true, scope);
      return 'the client id and secret could be read';
    }),
  );
  checks.push(await prove('token', () => deps.source.checkToken(scope)));
  checks.push(await prove('table', () => deps.cursors.check(scope)));
  checks.push(await prove('lake', () => deps.lake.check(scope)));
  for (const rule of rules) checks.push(await prove(`stream:${rule.name}`, () => readOnePage(rule)));
  return { action: 'check', checks };

  async function readOnePage(rule: StreamRule): Promise<string> {
    const request = cheapRequest(rule, deps.clock.now());
    const records = await deps.source.fetchPage(request, (answer) => countRecords(rule, answer), scope);
    return `answered, with ${records === 1 ? '1 record' : `${records} records`} on the page asked for`;
  }
}

/** The smallest page that proves access: one record where the size can be chosen, the last day where a date must be. */
function cheapRequest(rule: StreamRule, now: Instant): PageRequest {
  const window = rule.window.kind === 'required' ? { from: addMs(now, -DAY_MS), to: now } : null;
  return {
    stream: rule.name,
    modifiedSince: null,
    modifiedBefore: null,
    window,
    continuationToken: null,
    pageSize: 1,
  };
}

/** Reads the whole page as a sync would, and drops every line of it. */
async function countRecords(rule: StreamRule, answer: PageAnswer): Promise<number> {
  const prefix = new TextEncoder().encode('{');
  const splitter = rule.format === 'json' ? createPageSplitter(prefix) : createItemSplitter(prefix);
  for await (const chunk of answer.body) {
    splitter.push(chunk);
    splitter.take();
  }
  const summary = splitter.finish();
  checkPage(summary, 'full');
  return summary.records;
}

async function prove(name: string, proof: () => Promise<string>): Promise<Check> {
  try {
    return { name, ok: true, detail: await proof() };
  } catch (error) {
    if (error instanceof HardFailure) {
      const { hint } = error.facts;
      return { name, ok: false, detail: `${error.kind}: ${error.message}${hint ? ` – ${hint}` : ''}` };
    }
    if (error instanceof DeadlineReached) return { name, ok: false, detail: 'not checked: time was up' };
    return { name, ok: false, detail: `unexpected: ${error instanceof Error ? error.name : 'something was thrown'}` };
  }
}
