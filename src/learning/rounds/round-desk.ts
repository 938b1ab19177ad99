import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import {
  CodedError,
  err,
  EventBus,
  hashJson,
  ok,
  systemClock,
  type Json,
  type Result,
} from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { Transactions } from '../../database/index.js';
import { ParameterIndex } from '../../experts/index.js';
import { LogAppender, type LogEntryInput } from '../../log/index.js';
import { DatasetGate } from '../checks/dataset-gate.js';
import { ExampleSources } from '../evaluation/example-sources.js';
import { RoundBases } from './round-bases.js';
import { announcementEntry, roundEntry } from './round-log.js';
import { overBudget, roundClosed, roundConflict } from './round-refusals.js';
import type { RoundRow } from './round-row.js';
import { RoundPrivacy } from './round-privacy.js';
import { RoundStore } from './round-store.js';
import { RoundWorker } from './round-worker.js';
import type { RoundState } from './states.js';
import { readRoundStatement, type RoundStatement } from './statements.js';
import { budgetOf, parseTerms, roundId, type RoundTerms } from './terms.js';

/** A statement with its signature. */
export interface SignedRoundStatement {
  readonly statement: unknown;
  readonly signature: string;
}

/** Rounds at once, of one account and of all, and of one account in 24 hours: each asks the server for work, its evaluation included. */
const MOST_OWN = 4;
const MOST_OPEN = 64;
const MOST_DAILY = 20;
/** Lock that counts of rounds are taken under. */
const COUNT_LOCK = 21;

/** The door of rounds for terms and signed statements; what is shown has a door of its own (`RoundReveals`). */
@Injectable()
export class RoundDesk {
  constructor(
    private readonly config: AppConfig,
    private readonly store: RoundStore,
    private readonly bases: RoundBases,
    private readonly index: ParameterIndex,
    private readonly datasets: DatasetGate,
    private readonly privacy: RoundPrivacy,
    private readonly worker: RoundWorker,
    private readonly transactions: Transactions,
    private readonly log: LogAppender,
    private readonly events: EventBus,
    private readonly sources: ExampleSources,
  ) {}

  /**
   * Announces a round. Refusals: `ROUND_TERMS`, `AGGREGATION_BOUND`, `PRIVACY_AGGREGATOR`, `PRIVACY_BUDGET_SPENT` (409), `ROUND_EXPERT`, `ROUND_TOO_LARGE`, `ROUND_BUDGET` (413), `SUBMISSION_DATASET`, `ROUND_QUOTA` (429),
   * `SEALED_SET_MISSING` (409), `SEALED_SET_EXHAUSTED` (409), `SUBMISSION_OUTDATED`, `RELEASE_NOT_FOUND`.
   */
  async announce(account: string, given: unknown): Promise<Result<RoundRow>> {
    const terms = parseTerms(given);
    if (!terms.ok) return terms;
    // Before weights are read for it, and again under the lock.
    const early = await this.transactions.run((manager) => this.checkRoom(account, manager));
    if (!early.ok) return early;
    const possible = await this.checkPossible(terms.value);
    if (!possible.ok) return possible;
    const id = roundId(terms.value, account, systemClock.now());
    const announced = await this.transactions.run(async (manager): Promise<Result<void>> => {
      await manager.query('SELECT pg_advisory_xact_lock($1)', [COUNT_LOCK]);
      const room = await this.checkRoom(account, manager);
      if (!room.ok) return room;
      const noise = this.privacy.commitment(id, terms.value);
      await this.store.insert(manager, { id, account, terms: terms.value, noise });
      await this.log.append(manager, [announcementEntry(id, account, terms.value, noise)]);
      return ok();
    });
    return announced.ok ? this.told(id) : announced;
  }

  private async checkRoom(account: string, manager: EntityManager): Promise<Result<void>> {
    const { own, all, today } = await this.store.open(account, manager);
    if (own >= MOST_OWN || all >= MOST_OPEN)
      return err(tooMany(`${own >= MOST_OWN ? own : all} rounds are open; wait until one of them has ended`));
    return today < MOST_DAILY ? ok() : err(tooMany(`${today} rounds were announced within 24 hours`));
  }

  /** Lets a contributor in; the same one twice is once. `ROUND_STATEMENT`, `ROUND_SIGNATURE`, `ROUND_CLOSED`, `ROUND_FULL`, `ROUND_MEMBER`, `PRIVACY_BUDGET_SPENT` (409). */
  join(account: string, id: string, signed: SignedRoundStatement): Promise<Result<RoundRow>> {
    return this.change('join', 'announced', account, id, signed, async (manager, row, { author }) => {
      const members = await this.store.members(id, manager);
      if (members.some((member) => member.author === author && member.account === account)) return ok(false);
      if (members.some((member) => member.author === author || member.account === account)) {
        const message = 'an account joins a round once, with one key, and a key belongs to one account';
        return err(roundConflict('ROUND_MEMBER', message));
      }
      if (members.length >= row.terms.most)
        return err(roundConflict('ROUND_FULL', `${id} has all its members`));
      // Nobody is to train for nothing; what counts is the commitment.
      const afforded = await this.privacy.check(manager, account, row);
      if (!afforded.ok) return afforded;
      await this.store.join(manager, id, account, author, signed.signature);
      if (members.length + 1 === row.terms.most) await this.store.endNow(manager, id);
      return ok(true);
    });
  }

  /**
   * Takes what a member commits to; the same twice is once. `ROUND_STATEMENT`, `ROUND_SIGNATURE`, `ROUND_CLOSED`, `ROUND_NO_MEMBER` (409),
   * `ROUND_COMMITTED` (409) where it has committed to something else, `PRIVACY_BUDGET_SPENT` (409) where a private round is more than it may lose.
   */
  commit(account: string, id: string, signed: SignedRoundStatement): Promise<Result<RoundRow>> {
    return this.change('commit', 'committing', account, id, signed, async (manager, row, statement) => {
      const { author, commitment } = statement;
      const members = await this.store.members(id, manager);
      const member = members.find((each) => each.author === author && each.account === account);
      if (member === undefined)
        return err(roundConflict('ROUND_NO_MEMBER', 'you have not joined this round with this key'));
      if (member.commitment === commitment) return ok(false);
      if (member.commitment !== null)
        return err(roundConflict('ROUND_COMMITTED', 'you have committed to another update already'));
      const afforded = await this.privacy.check(manager, account, row);
      if (!afforded.ok) return afforded;
      await this.store.commit(manager, id, author, commitment, signed.signature);
      if (row.counts.committed + 1 === row.counts.members) await this.store.endNow(manager, id);
      return ok(true);
    });
  }

  /** Checks a statement, and does what follows from it in one transaction with its entry in the log. */
  private async change<K extends RoundStatement['kind']>(
    kind: K,
    needed: RoundState,
    account: string,
    id: string,
    signed: SignedRoundStatement,
    work: (
      manager: EntityManager,
      row: RoundRow,
      statement: Extract<RoundStatement, { kind: K }>,
    ) => Promise<Result<boolean>>,
  ): Promise<Result<RoundRow>> {
    const read = readRoundStatement(kind, id, signed);
    if (!read.ok) return read;
    const statement: RoundStatement = read.value;
    const changed = await this.transactions.run(async (manager): Promise<Result<boolean>> => {
      const row = await this.store.hold(manager, id);
      if (!row.ok) return row;
      if (row.value.state !== needed || row.value.isOver)
        return err(roundClosed(id, needed, row.value.state));
      const done = await work(manager, row.value, read.value);
      if (!done.ok || !done.value) return done;
      await this.log.append(manager, [entryOf(id, account, statement, signed.signature)]);
      return done;
    });
    return changed.ok ? this.told(id) : changed;
  }

  private async checkPossible(terms: RoundTerms): Promise<Result<void>> {
    const { model, release, experts, datasets } = terms;
    const [bytes, most] = [terms.most * terms.update_bytes, budgetOf(this.config)];
    // Whoever shows an update in time is not refused for what others have shown.
    if (bytes > most) return err(overBudget(bytes, most));
    const judged = await this.sources.check(model);
    if (!judged.ok) return judged;
    const [parent, live] = [await this.index.release(release), await this.index.live(model)];
    if (parent?.model !== model || live === null)
      return err(
        new CodedError('RELEASE_NOT_FOUND', `there is no release ${release} of ${model}`, { release }, 404),
      );
    const replaced = experts.find(
      (expert) => parent.weights.get(expert)?.block !== live.weights.get(expert)?.block,
    );
    if (replaced !== undefined) {
      const message = `${replaced} is another block in the live release ${live.version}: train that one`;
      return err(new CodedError('SUBMISSION_OUTDATED', message, { expert: replaced }, 409));
    }
    const allowed = await this.datasets.check(datasets);
    if (!allowed.ok) return allowed;
    const base = await this.bases.of(terms);
    return base.ok ? ok() : base;
  }

  private async told(id: string): Promise<Result<RoundRow>> {
    this.log.committed();
    this.worker.look();
    const row = await this.store.one(id);
    if (row.ok)
      this.events.emit('round.changed', { round: id, model: row.value.terms.model, state: row.value.state });
    return row;
  }
}

function entryOf(id: string, account: string, statement: RoundStatement, signature: string): LogEntryInput {
  const hash = hashJson(statement as unknown as Json);
  const { author } = statement;
  return statement.kind === 'join'
    ? roundEntry('joined', id, account, hash, { author, signature })
    : roundEntry('committed', id, account, hash, { author, commitment: statement.commitment, signature });
}

function tooMany(message: string): CodedError {
  return new CodedError('ROUND_QUOTA', message, { retryAfter: 600 }, 429);
}
