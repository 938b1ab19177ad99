import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CodedError, err, hashJson, ok, type Result } from '../../common/index.js';
import { Transactions } from '../../database/index.js';
import { ParameterIndex, type ReleaseView } from '../../experts/index.js';
import { expertPlace, leftOutNames, leftOutOf } from '../../experts/tensorblock/left-out.js';
import { LogAppender } from '../../log/index.js';
import { REMOVAL_ENTRY } from '../beacon/beacon.js';
import { ExampleSources } from '../evaluation/example-sources.js';
import { SubmissionStore } from '../submission/submission-store.js';
import { removalHash } from './removal-effect.js';
import type { RemovalRow, RemovalStatement } from './removal-row.js';
import { RemovalStore } from './removal-store.js';
import { REMOVAL_STATES } from './states.js';

/** Who asks. */
export interface RemovalAsker {
  readonly account: string;
  /** Whether they may have any expert left out, and not only their own. */
  readonly mayAll: boolean;
}

/** What is asked for. */
export interface RemovalAsk {
  readonly model: string;
  readonly experts: readonly string[];
  readonly reason: string;
}

/** Which removal was taken in, and whether it begins now. */
interface Taken {
  readonly id: string;
  readonly created: boolean;
}

/** Removals of a model that may be open at a time: each has both models answer some thousand examples. */
const MOST_OPEN = 8;
/** Two requests for the same must not pass each other: 'rmvl' as a number. */
const LOCK = 0x726d766c;
/** Failures that only a set can mend that is in the log before the removal. */
const NO_EXAMPLES: readonly string[] = ['SEALED_SET_EXHAUSTED', 'SEALED_SET_MISSING'];

/** Takes in that experts are to be left out. */
@Injectable()
export class RemovalDesk {
  constructor(
    private readonly index: ParameterIndex,
    private readonly submissions: SubmissionStore,
    private readonly store: RemovalStore,
    private readonly transactions: Transactions,
    private readonly log: LogAppender,
    private readonly sources: ExampleSources,
  ) {}

  /**
   * Stores the removal, with its entry in the log. The same experts of the same release are the same removal, whatever the reason;
   * one that could not be measured begins again. Refusals: `MODEL_NOT_LIVE` (404), `EXPERT_UNKNOWN` (404), `EXPERT_LEFT_OUT` (409), `EXPERTS_TOO_FEW`
   * (409), `SEALED_SET_MISSING` (409), `SEALED_SET_EXHAUSTED` (409), `REMOVAL_FORBIDDEN` (403), `REMOVAL_TOO_MANY` (429).
   */
  async ask(asker: RemovalAsker, ask: RemovalAsk): Promise<Result<{ row: RemovalRow; created: boolean }>> {
    const live = await this.index.live(ask.model);
    if (live === null) return refuse('MODEL_NOT_LIVE', 404, `no release of ${ask.model} is live`);
    const names = [...new Set(ask.experts)].sort();
    const possible = checkPossible(live, names);
    if (!possible.ok) return possible;
    const experts = names.map((name) => ({ name, block: live.weights.get(name)?.block ?? '' }));
    const blocks = experts.map(({ block }) => block);
    if (!asker.mayAll && !(await this.submissions.isAuthor(asker.account, blocks)))
      return refuse('REMOVAL_FORBIDDEN', 403, 'only a guardian or whoever trained all these experts may ask');
    const measured = await this.sources.check(ask.model);
    if (!measured.ok) return measured;
    const { release, model } = live;
    return this.take(asker.account, { version: 1, model, release, experts, reason: ask.reason });
  }

  private async take(
    account: string,
    statement: RemovalStatement,
  ): Promise<Result<{ row: RemovalRow; created: boolean }>> {
    const taken = await this.transactions.run(async (manager): Promise<Result<Taken>> => {
      await manager.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
      const { id, known } = await this.current(manager, statement);
      if (known !== null && known.state !== 'failed') return ok({ id, created: false });
      if ((await this.store.open(statement.model, manager)) >= MOST_OPEN)
        return refuse('REMOVAL_TOO_MANY', 429, `${MOST_OPEN} removals of ${statement.model} are open`);
      if (known !== null) {
        const held = await this.store.hold(manager, id, 'failed');
        await this.store.move(manager, held, 'received', { code: null, detail: null });
        return ok({ id, created: true });
      }
      await this.store.insert(manager, id, account, statement);
      const data = { model: statement.model, experts: statement.experts.map(({ name }) => name) };
      await this.log.append(manager, [
        {
          ...{ kind: REMOVAL_ENTRY, subject: id, actor: account, hash: removalHash(statement) },
          data: { ...data, release: statement.release },
        },
      ]);
      return ok({ id, created: true });
    });
    if (!taken.ok) return taken;
    this.log.committed();
    const row = await this.store.one(taken.value.id);
    return row.ok ? ok({ row: row.value, created: taken.value.created }) : row;
  }

  /** The removal of these experts from this release that is not over: after that the next begins anew, with a question of its own. */
  private async current(
    manager: EntityManager,
    { model, release, experts }: RemovalStatement,
  ): Promise<{ id: string; known: RemovalRow | null }> {
    const names = experts.map(({ name }) => name);
    for (let again = 0; ; again++) {
      const what = { model, release, experts: names, ...(again > 0 && { again }) };
      const id = `removal_${hashJson(what).slice(0, 32)}`;
      const known = await this.store.find(id, manager);
      if (known === null || !isOver(known)) return { id, known };
    }
  }
}

/**
 * Whether it was rolled back since, or superseded, was decided not to go live, or found no examples: sets that were made since came into the
 * log after its entry, and it would never be measured by them.
 */
function isOver({ state, decision, code }: RemovalRow): boolean {
  const hasNoExamples = code !== null && NO_EXAMPLES.includes(code);
  return REMOVAL_STATES.isFinal(state) || (state === 'failed' && (decision !== null || hasNoExamples));
}

function checkPossible({ config, weights, model }: ReleaseView, names: readonly string[]): Result<void> {
  const gone = new Set(leftOutNames(config));
  for (const name of names) {
    if (gone.has(name))
      return refuse('EXPERT_LEFT_OUT', 409, `the live release of ${model} has no ${name} already`);
    if (expertPlace(name) === null || !weights.has(name))
      return refuse('EXPERT_UNKNOWN', 404, `${model} has no expert ${name.slice(0, 64)}`);
  }
  for (const layer of new Set(names.map((name) => expertPlace(name)?.layer ?? 0))) {
    const less = names.filter((name) => expertPlace(name)?.layer === layer).length;
    const left = config.experts - leftOutOf(config, layer).length - less;
    if (left >= config.expertsPerToken) continue;
    const message = `layer ${layer} would keep ${left} experts, and a token needs ${config.expertsPerToken}`;
    return refuse('EXPERTS_TOO_FEW', 409, message);
  }
  return ok();
}

function refuse(code: string, status: number, message: string): Result<never> {
  return err(new CodedError(code, message, {}, status));
}
