/**
 * The action `check`: proves that everything a sync needs is there. It extracts nothing and moves nothing.
 *
 * It always returns, so that it raises no alarm. What cannot be proved because an earlier check failed is said once:
 *
 *     config ─▶ secret ─▶ token ─▶ stream, stream, …
 *            ├▶ table
 *            └▶ lake
 */

import type { AccessRule, StreamRule } from '../../core/cursor/stream-rule.ts';
import { classify } from '../../core/failure/classify.ts';
import { DeadlineReached, HardFailure } from '../../core/failure/errors.ts';
import { codeOf } from '../../core/failure/evidence.ts';
import { KIND_HINTS } from '../../core/failure/hints.ts';
import { checkPage } from '../../core/page/page-check.ts';
import { createRetryBudget } from '../../core/retry/retry-budget.ts';
import type { Scope } from '../../core/scope.ts';
import { createDeadline } from '../../core/time/deadline.ts';
import { addMs, DAY_MS, type Instant } from '../../core/time/instant.ts';
import type { PageAnswer, PageRequest } from '../../ports.ts';
import type { SyncDeps } from '../deps.ts';
import { cutPage, splitterFor } from '../pages/page.ts';

export interface Check {
  /** `config`, `secret`, `token`, `table`, `lake`, `stream:<name>`, or `streams` where none could be checked. */
  readonly name: string;
  readonly ok: boolean;
  /** For a person: what was proved, or what is wrong and what to do. */
  readonly detail: string;
}

export interface CheckReport {
  readonly action: 'check';
  /** Whether every check is ok. */
  readonly ok: boolean;
  readonly checks: readonly Check[];
}

/** Longest that one check takes, retries included: a person waits for it. Milliseconds. */
const CHECK_MS = 20_000;
/** Retries of one check, after 1 and 2 seconds: what is still in trouble then is reported. */
const CHECK_RETRIES = 2;

/** Never throws, except for a defect. */
export async function runChecks(deps: SyncDeps, rules: readonly StreamRule[], scope: Scope): Promise<CheckReport> {
  const config = { name: 'config', ok: true, detail: `the configuration is complete, for ${count(rules, 'stream')}` };
  const [ditio, table, lake] = await Promise.all([
    checkDitio(deps, rules, scope),
    prove(deps, scope, 'table', (brief) => deps.cursors.check(brief)),
    prove(deps, scope, 'lake', (brief) => deps.lake.check(brief)),
  ]);
  return report([config, ...ditio.access, table, lake, ...ditio.streams]);
}

/** The report of an invocation whose configuration was refused: nothing else can be checked. */
export function failedConfigCheck(failure: HardFailure): CheckReport {
  return report([{ name: 'config', ok: false, detail: `${sentence(failure)} Nothing else was checked.` }]);
}

interface DitioChecks {
  readonly access: readonly Check[];
  readonly streams: readonly Check[];
}

async function checkDitio(deps: SyncDeps, rules: readonly StreamRule[], scope: Scope): Promise<DitioChecks> {
  const secret = await prove(deps, scope, 'secret', async (brief) => {
    await deps.secrets.read(true, brief);
    return 'the client id and secret can be read';
  });
  if (!secret.ok)
    return { access: [secret, notChecked('token', 'the token and the streams need the secret')], streams: [] };
  const token = await prove(deps, scope, 'token', (brief) => deps.source.checkToken(brief));
  if (!token.ok) return { access: [secret, token], streams: [notChecked('streams', 'every stream needs the token')] };
  return { access: [secret, token], streams: await checkStreams(deps, rules, scope) };
}

/** A few streams at once, in the order of the catalogue. A cause that stops every stream ends them, and is told once. */
async function checkStreams(deps: SyncDeps, rules: readonly StreamRule[], scope: Scope): Promise<Check[]> {
  const checks: Check[] = [];
  for (let at = 0; at < rules.length; at += deps.settings.maxConcurrentStreams) {
    const some = rules.slice(at, at + deps.settings.maxConcurrentStreams);
    const proofs = await Promise.all(
      some.map((rule) => attempt(deps, scope, `stream:${rule.name}`, (brief) => readOnePage(deps, rule, brief))),
    );
    const isAnswered = proofs.some(({ check }) => check.ok);
    const common = isAnswered ? undefined : proofs.find(({ error }) => stopsEveryStream(error));
    if (common) return [...checks, { ...common.check, name: 'streams' }];
    checks.push(...proofs.map(({ check }) => check));
  }
  return checks;
}

async function readOnePage(deps: SyncDeps, rule: StreamRule, scope: Scope): Promise<string> {
  const request = cheapRequest(rule, deps.clock.now());
  const records = await deps.source.fetchPage(request, (answer) => countRecords(rule, answer), scope);
  const found = `answered, with ${records === 1 ? '1 record' : `${records} records`} on the page asked for`;
  return `${found}${ABOUT_ACCESS[rule.access]}`;
}

/** What the answer does not say about who gets which rows. */
const ABOUT_ACCESS: Readonly<Record<AccessRule, string>> = {
  any: '',
  administrator: '; only a client that acts as an administrator gets an answer here',
  'own-rows':
    '; a client that acts as a field worker gets only its own rows here, without any error: compare a day with the list in Ditio',
};

/** The smallest page that proves access: one record where the size can be chosen, the last day where a date must be. */
function cheapRequest(rule: StreamRule, now: Instant): PageRequest {
  // A window also where a server may want one.
  const wants = rule.window.kind === 'required' || rule.window.kind === 'fallback';
  const window = wants ? { from: addMs(now, -DAY_MS), to: now } : null;
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
  const splitter = splitterFor(rule, Buffer.from('{'), {});
  const { summary } = await cutPage(answer, splitter, drain, (page) => checkPage(page, 'full'));
  return summary.records;
}

async function drain(lines: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of lines);
}

/** Also where time was up before the last attempt: what ended the attempt before tells. */
function stopsEveryStream(error: unknown): boolean {
  if (error instanceof HardFailure) return error.concerns === 'run';
  if (!(error instanceof DeadlineReached) || error.cause === undefined) return false;
  // A run goes on after a connection that was not made in time; a person who waits need not see it for every stream.
  return classify('ditio', error.cause).concerns === 'run' || codeOf(error.cause) === 'UND_ERR_CONNECT_TIMEOUT';
}

type Proof = (brief: Scope) => Promise<string>;

async function prove(deps: SyncDeps, scope: Scope, name: string, proof: Proof): Promise<Check> {
  return (await attempt(deps, scope, name, proof)).check;
}

interface Attempt {
  readonly check: Check;
  /** What the proof threw; undefined where it held. */
  readonly error?: unknown;
}

/** Runs one check within its time, and turns what it throws into an entry. */
async function attempt(deps: SyncDeps, scope: Scope, name: string, proof: Proof): Promise<Attempt> {
  const leftMs = Math.min(CHECK_MS, Math.max(0, scope.deadline.workLeftMs()));
  const deadline = createDeadline(deps.clock.monotonicMs, leftMs, 0);
  try {
    const detail = await proof({ ...scope, deadline, budget: createRetryBudget(CHECK_RETRIES) });
    return { check: { name, ok: true, detail } };
  } catch (error) {
    return { check: { name, ok: false, detail: explain(error, leftMs) }, error };
  }
}

function explain(error: unknown, leftMs: number): string {
  if (error instanceof HardFailure) return sentence(error);
  if (error instanceof DeadlineReached) {
    const last = error.cause instanceof Error ? `; the last error was ${error.cause.message}` : '';
    return leftMs === 0 ? 'not checked: no time was left' : `no answer within ${Math.round(leftMs / 1000)} s${last}`;
  }
  return `unexpected: ${error instanceof Error ? error.name : 'a value was thrown that is not an error'}`;
}

function sentence(failure: HardFailure): string {
  return `${failure.kind}: ${failure.message} – ${failure.facts.hint ?? KIND_HINTS[failure.kind]}`;
}

function notChecked(name: string, why: string): Check {
  return { name, ok: false, detail: `not checked: ${why}` };
}

function report(checks: readonly Check[]): CheckReport {
  return { action: 'check', ok: checks.every(({ ok }) => ok), checks };
}

function count(things: readonly unknown[], name: string): string {
  return things.length === 1 ? `1 ${name}` : `${things.length} ${name}s`;
}
