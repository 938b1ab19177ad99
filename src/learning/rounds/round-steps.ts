import { Inject, Injectable } from '@nestjs/common';
import { CodedError, err, EventBus, ok, type Clock, type Json, type Result } from '../../common/index.js';
import { DatabaseClock, Transactions } from '../../database/index.js';
import { LogAppender } from '../../log/index.js';
import { LEARNING_ACTOR } from '../judging/publication.js';
import type { RoundResult } from './aggregate-round.js';
import { RoundRunner } from './node/round-runner.js';
import type { RoundBase } from './round-base.js';
import { RoundBases } from './round-bases.js';
import { ROUND_ENTRIES, roundEntry } from './round-log.js';
import { tooFew } from './round-refusals.js';
import type { MemberRow, RoundOutcome, RoundRow } from './round-row.js';
import { RoundPrivacy } from './round-privacy.js';
import { RoundStore, type RoundChanges } from './round-store.js';
import { RoundSubmissions } from './round-submissions.js';
import type { RoundState } from './states.js';
import { termsHash } from './terms.js';

/** What ends a state of a round. Each step may be cut off at any point and done again, by several processes at once. */
@Injectable()
export class RoundSteps {
  constructor(
    private readonly store: RoundStore,
    private readonly bases: RoundBases,
    private readonly runner: RoundRunner,
    private readonly privacy: RoundPrivacy,
    private readonly submissions: RoundSubmissions,
    private readonly transactions: Transactions,
    private readonly log: LogAppender,
    private readonly events: EventBus,
    /** What blocks are dated by. */
    @Inject(DatabaseClock) private readonly clock: Clock,
  ) {}

  /** Does what is next for a round whose state is over. A refusal of status 500 and above may succeed later; any other ends the round. */
  async step(row: RoundRow): Promise<Result<void>> {
    const { counts, terms } = row;
    if (row.state === 'announced')
      return counts.members < terms.minimum
        ? err(tooFew('have joined', counts.members, terms.minimum))
        : this.move(row, 'committing', terms.commit_seconds, termsHash(terms));
    if (row.state === 'committing')
      return counts.committed < terms.minimum
        ? err(tooFew('have committed', counts.committed, terms.minimum))
        : this.move(row, 'revealing', terms.reveal_seconds, termsHash(terms));
    if (row.state === 'revealing')
      return counts.revealed < terms.minimum
        ? err(tooFew('have shown an update', counts.revealed, terms.minimum))
        : this.aggregate(row);
    if (row.state === 'aggregated') return this.submit(row);
    return ok();
  }

  /** Ends a round without a result. */
  async fail(row: RoundRow, { code, message }: CodedError): Promise<void> {
    const changes = { code, detail: message };
    await this.move(row, 'failed', 0, termsHash(row.terms), { code }, changes);
  }

  private async aggregate(row: RoundRow): Promise<Result<void>> {
    const found = await this.resultOf(row);
    if (!found.ok) return found;
    const members = await this.store.members(row.id);
    const outcome = outcomeOf(found.value.result, found.value.base, members, this.clock.now());
    const data = {
      ...outcome,
      members: outcome.members.map(({ author, update, weight }) => ({ author, update, weight })),
      ...(row.noise !== null && { noise: row.noise }),
    };
    return this.move(row, 'aggregated', 0, outcome.aggregate, data as unknown as Record<string, Json>, {
      outcome,
    });
  }

  /** Hands the result in. The same round gives the same submission, whoever does it and however often. */
  private async submit(row: RoundRow): Promise<Result<void>> {
    const found = await this.resultOf(row);
    if (!found.ok) return found;
    if (found.value.result.aggregate !== row.outcome?.aggregate)
      throw new Error(`${row.id} gives another aggregate than it did`);
    const taken = await this.submissions.submit(
      row,
      row.outcome,
      found.value,
      async (manager, submission, hash) => {
        const held = await this.store.hold(manager, row.id);
        if (!held.ok || held.value.state !== 'aggregated') return false;
        await this.store.move(manager, held.value, 'submitted', 0, { submission });
        await this.log.append(manager, [
          roundEntry('submitted', row.id, LEARNING_ACTOR, hash, { submission }),
        ]);
        return true;
      },
    );
    if (!taken.ok) return taken;
    // Whoever was faster has told of it; a cancelled round has handed in nothing.
    if (taken.value) this.tell(row, 'submitted');
    return ok();
  }

  private async resultOf(row: RoundRow): Promise<Result<{ result: RoundResult; base: RoundBase }>> {
    const base = await this.bases.of(row.terms);
    if (!base.ok) return base;
    const noise = this.privacy.seed(row);
    if (!noise.ok) return noise;
    const shown = await this.store.shown(row.id);
    const work = {
      kind: 'aggregate',
      terms: row.terms,
      base: base.value,
      shown,
      noise: noise.value,
    } as const;
    const found = await this.runner.run(work);
    if (!found.ok) return found;
    const { refusal } = found.value;
    if (refusal !== null) return err(new CodedError(refusal.code, refusal.message));
    if (found.value.result === null) throw new Error(`${row.id} was aggregated without a result`);
    return ok({ result: found.value.result, base: base.value });
  }

  /** One transaction: the state, what is known with it, and the entry in the log. Nothing where somebody else has moved it already. */
  private async move(
    row: RoundRow,
    to: Exclude<RoundState, 'announced' | 'submitted'>,
    seconds: number,
    hash: string,
    data: Readonly<Record<string, Json>> = {},
    changes: RoundChanges = {},
  ): Promise<Result<void>> {
    const moved = await this.transactions.run(async (manager): Promise<boolean> => {
      const held = await this.store.hold(manager, row.id);
      if (!held.ok || held.value.state !== row.state) return false;
      await this.store.move(manager, held.value, to, seconds, changes);
      await this.log.append(manager, [roundEntry(to, row.id, LEARNING_ACTOR, hash, data)]);
      return true;
    });
    if (moved) this.tell(row, to);
    return ok();
  }

  private tell({ id, terms }: RoundRow, state: keyof typeof ROUND_ENTRIES): void {
    this.log.committed();
    this.events.emit('round.changed', { round: id, model: terms.model, state });
  }
}

function outcomeOf(
  { aggregate, blocks, figures }: RoundResult,
  base: RoundBase,
  members: readonly MemberRow[],
  at: number,
) {
  const by = new Map(members.map((member) => [member.commitment, member]));
  const outcome: RoundOutcome = {
    aggregate,
    blocks: blocks.map(({ name, payload, payloadHash }) => ({
      ...{ name, parent: base.model.blocks.get(name)?.hash ?? '' },
      ...{ payload_hash: payloadHash, payload_size: payload.length },
    })),
    members: figures.map((figure) => {
      const { author = '', update = '' } = by.get(figure.commitment) ?? {};
      return { ...figure, author, update: update ?? '' };
    }),
    absent: members.filter(({ update }) => update === null).map(({ author }) => author),
    at,
  };
  return outcome;
}
