import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Identity } from '../../auth/index.js';
import { CodedError, err, hashJson, ok, type Result } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { Transactions } from '../../database/index.js';
import { LogAppender } from '../../log/index.js';
import type { DatasetRecord } from '../registry/dataset-record.js';
import { DatasetRows } from '../registry/dataset-rows.js';
import { DatasetRegistry, OutdatedChange, type StageChange } from '../registry/dataset-registry.js';
import { DatasetClock } from './dataset-clock.js';
import { decideVote, type VoteOutcome } from './decide-vote.js';
import type { Tally, VoteState } from './vote-state.js';

/** Kind of the log entry of a vote. */
export const DATASET_VOTE = 'dataset.vote';

/** Who does what nobody in particular did. */
export const SERVER_ACTOR = 'server';

/** What somebody voted. */
export interface CastVote {
  readonly round: number;
  readonly approve: boolean;
}

/** Votes on datasets: cast by accounts, one each; closed by the server. */
@Injectable()
export class DatasetVotes {
  constructor(
    private readonly config: AppConfig,
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly rows: DatasetRows,
    private readonly registry: DatasetRegistry,
    private readonly clock: DatasetClock,
    private readonly log: LogAppender,
  ) {}

  /**
   * Casts a vote. `VOTE_CLOSED` (409) where no vote is open or its time is over, `VOTE_CAST` (409) for a second one,
   * `VOTE_NEEDS_ACCOUNT` (403), `VOTE_ACCOUNT_NEW` (403) for an account made after the vote had opened.
   */
  async cast(who: Identity, id: string, approve: boolean): Promise<Result<CastVote>> {
    await this.clock.open();
    const cast = await this.transactions.run((manager) => this.castIn(manager, who, id, approve));
    if (cast.ok) this.log.committed();
    return cast;
  }

  /** How many voted for and against. */
  async tally(id: string, round: number, manager: EntityManager = this.dataSource.manager): Promise<Tally> {
    const [{ yes, no }] = await manager.query<{ yes: string; no: string }[]>(
      `SELECT count(*) FILTER (WHERE approve) AS yes, count(*) FILTER (WHERE NOT approve) AS no
       FROM dataset_votes WHERE dataset_id = $1 AND round = $2`,
      [id, round],
    );
    return { yes: Number(yes), no: Number(no) };
  }

  /** What an account voted in a round; null if it did not. */
  async of(account: string, id: string, round: number): Promise<boolean | null> {
    const [row] = await this.dataSource.query<{ approve: boolean }[]>(
      'SELECT approve FROM dataset_votes WHERE dataset_id = $1 AND round = $2 AND account = $3',
      [id, round, account],
    );
    return row?.approve ?? null;
  }

  /** Closes or extends the vote whose time is over; `VOTE_OPEN` (409) for one whose is not. */
  async close(id: string): Promise<Result<DatasetRecord>> {
    return this.registry.move(
      id,
      async ({ record }, now) => {
        const { vote, stage } = record;
        if (stage !== 'vote' || vote === null) return err(stillOpen(id));
        const tally = await this.tally(id, vote.round);
        const outcome = decideVote(vote, tally, now);
        return outcome.is === 'open' ? err(stillOpen(id)) : ok(this.changeOf(outcome, vote, tally, now));
      },
      async (manager, { vote }) => {
        // A vote that was cast on another server between counting and closing.
        await this.rows.held(manager, id);
        const { yes, no } = await this.tally(id, vote!.round, manager);
        if (yes !== vote!.tally?.yes || no !== vote!.tally.no) throw new OutdatedChange();
      },
    );
  }

  private changeOf(outcome: VoteOutcome, open: VoteState, tally: Tally, now: number): StageChange {
    const [vote, actor] = [{ ...open, tally }, SERVER_ACTOR];
    const { datasetVoteExtensionSeconds, datasetAppealSeconds } = this.config;
    if (outcome.is === 'approved') return { stage: outcome.tier, actor, vote, tier: null };
    if (outcome.is === 'rejected')
      return {
        ...{ stage: 'rejected', actor, vote, reasons: [outcome.reason] },
        appeal_until: now + datasetAppealSeconds * 1000,
      };
    const ends_at = now + datasetVoteExtensionSeconds * 1000;
    return { stage: 'vote', actor, vote: { ...vote, extended: true, ends_at } };
  }

  private async castIn(
    manager: EntityManager,
    who: Identity,
    id: string,
    approve: boolean,
  ): Promise<Result<CastVote>> {
    const row = await this.rows.held(manager, id);
    if (!row.ok) return row;
    const { stage, vote } = row.value.record;
    const now = this.clock.now();
    if (stage !== 'vote' || vote === null || now >= vote.ends_at)
      return refuse('CLOSED', 409, `No vote on ${id} is open.`);
    const entitled = await this.checkVoter(manager, who, vote);
    if (!entitled.ok) return entitled;
    const { round } = vote;
    const rows = await manager.query<unknown[]>(
      `INSERT INTO dataset_votes (dataset_id, round, account, approve, voted_at) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT DO NOTHING RETURNING 1`,
      [id, round, who.subject, approve, now],
    );
    if (rows.length === 0) return refuse('CAST', 409, 'This account has voted already.');
    const data = { round, approve };
    const hash = hashJson({ dataset: id, account: who.subject, ...data });
    await this.log.append(manager, [{ kind: DATASET_VOTE, subject: id, actor: who.subject, hash, data }]);
    return ok(data);
  }

  private async checkVoter(
    manager: EntityManager,
    { subject, tier }: Identity,
    vote: VoteState,
  ): Promise<Result<void>> {
    if (this.config.singleUser) return ok();
    if (tier === undefined) return refuse('NEEDS_ACCOUNT', 403, 'Only an account can vote.');
    const rows = await manager.query<unknown[]>(
      `SELECT 1 FROM accounts WHERE id = $1 AND NOT disabled AND extract(epoch FROM created_at) * 1000 <= $2`,
      [subject, vote.opened_at],
    );
    if (rows.length > 0) return ok();
    return refuse('ACCOUNT_NEW', 403, 'This account was made after the vote had opened.');
  }
}

function refuse(part: string, status: number, message: string): Result<never> {
  return err(new CodedError(`VOTE_${part}`, message, {}, status));
}

function stillOpen(id: string): CodedError {
  return new CodedError('VOTE_OPEN', `No vote on ${id} is to be closed now.`, {}, 409);
}
