import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CodedError, err, EventBus, ok, type Result } from '../../common/index.js';
import { nativeSha256Hex } from '../../common/native-hash.js';
import { AppConfig } from '../../config/index.js';
import { Transactions } from '../../database/index.js';
import { LogAppender } from '../../log/index.js';
import { RoundRunner } from './node/round-runner.js';
import { RoundBases } from './round-bases.js';
import { roundEntry } from './round-log.js';
import { overBudget, roundClosed, roundConflict } from './round-refusals.js';
import type { MemberRow, RoundRow } from './round-row.js';
import { RoundStore } from './round-store.js';
import { RoundWorker } from './round-worker.js';
import { commitmentOf } from './statements.js';
import { budgetOf } from './terms.js';

/** What a member shows. */
export interface ShownBytes {
  /** The key it has joined with. */
  readonly author: string;
  /** The compressed update. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** The door for updates: what members have committed to, shown to everybody. */
@Injectable()
export class RoundReveals {
  /** Who is showing something at the moment, by round and key. */
  private readonly showing = new Set<string>();

  constructor(
    private readonly config: AppConfig,
    private readonly store: RoundStore,
    private readonly bases: RoundBases,
    private readonly runner: RoundRunner,
    private readonly worker: RoundWorker,
    private readonly transactions: Transactions,
    private readonly log: LogAppender,
    private readonly events: EventBus,
  ) {}

  /**
   * Takes an update; the same twice is once. `ROUND_CLOSED`, `ROUND_NO_MEMBER`, `ROUND_NOT_COMMITTED` (409), `ROUND_UPDATE_SIZE`, `ROUND_BUDGET` (413), `ROUND_REVEAL_DIFFERS` where it
   * is not what its author has committed to, `ROUND_REVEAL_RUNNING` (409) while it is being taken. What can never be taken is noted with its code: `ROUND_UPDATE_COPY` (409) where another has shown the same,
   * `DELTA_FORMAT`, `UPDATE_NOT_FINITE`, `UPDATE_TOO_LARGE`, `UPDATE_NOT_CLIPPED`.
   */
  async reveal(account: string, id: string, shown: ShownBytes): Promise<Result<RoundRow>> {
    const who = `${id}/${shown.author}`;
    if (this.showing.has(who))
      return err(roundConflict('ROUND_REVEAL_RUNNING', 'this member is showing its update at this moment'));
    this.showing.add(who);
    try {
      return await this.take(account, id, shown);
    } finally {
      this.showing.delete(who);
    }
  }

  private async take(account: string, id: string, { author, bytes }: ShownBytes): Promise<Result<RoundRow>> {
    const expected = await this.expected(id, account, author);
    if (!expected.ok) return expected;
    const { terms } = expected.value.row;
    const update = await allOf(bytes, terms.update_bytes);
    if (!update.ok) return update;
    const hash = nativeSha256Hex(update.value);
    if (commitmentOf(id, author, hash) !== expected.value.member.commitment) {
      const message = 'this is not the update that you have committed to';
      return err(new CodedError('ROUND_REVEAL_DIFFERS', message, { update: hash }));
    }
    if (expected.value.member.update === hash) return this.store.one(id);
    // Looked at before anything is computed: nobody keeps the threads busy with what another has shown.
    const others = await this.store.members(id);
    if (others.some(({ update: theirs }) => theirs === hash))
      return this.refuseCopy(id, account, author, hash);
    const room = this.checkRoom(others, update.value.length);
    if (!room.ok) return room;
    const base = await this.bases.of(terms);
    if (!base.ok) return base;
    const shown = [{ commitment: expected.value.member.commitment, bytes: update.value }];
    const found = await this.runner.run({ kind: 'check', terms, base: base.value, shown, noise: null });
    if (!found.ok) return found;
    const { refusal } = found.value;
    const isPrivate = terms.privacy !== undefined;
    const noted = await this.note(id, account, author, (manager) =>
      refusal === null
        ? this.keep(manager, id, account, { author, hash, bytes: update.value, isPrivate })
        : this.refuse(manager, id, account, { author, hash, code: refusal.code }),
    );
    if (noted.ok && refusal !== null) return err(new CodedError(refusal.code, refusal.message));
    return noted;
  }

  private async refuseCopy(
    id: string,
    account: string,
    author: string,
    hash: string,
  ): Promise<Result<RoundRow>> {
    const code = 'ROUND_UPDATE_COPY';
    const noted = await this.note(id, account, author, (manager) =>
      this.refuse(manager, id, account, { author, hash, code }),
    );
    return noted.ok ? err(roundConflict(code, 'another member has shown the same update')) : noted;
  }

  /** The round and the member, where something can be shown. */
  private async expected(
    id: string,
    account: string,
    author: string,
    manager?: EntityManager,
  ): Promise<Result<{ row: RoundRow; member: MemberRow }>> {
    const row = manager === undefined ? await this.store.one(id) : await this.store.hold(manager, id);
    if (!row.ok) return row;
    const members = await this.store.members(id, manager);
    const member = members.find((each) => each.author === author && each.account === account);
    if (member === undefined)
      return err(roundConflict('ROUND_NO_MEMBER', 'you have not joined this round with this key'));
    // What is here already may be sent again at any time.
    if (member.update === null && (row.value.state !== 'revealing' || row.value.isOver))
      return err(roundClosed(id, 'revealing', row.value.state));
    if (member.commitment === null)
      return err(roundConflict('ROUND_NOT_COMMITTED', 'you have not committed to an update'));
    if (member.code === null) return ok({ row: row.value, member });
    const message = 'the update that you have committed to was refused';
    return err(new CodedError(member.code, message));
  }

  private async note(
    id: string,
    account: string,
    author: string,
    work: (manager: EntityManager) => Promise<Result<void>>,
  ): Promise<Result<RoundRow>> {
    const noted = await this.transactions.run(async (manager): Promise<Result<void>> => {
      const still = await this.expected(id, account, author, manager);
      if (!still.ok) return still;
      if (still.value.member.update !== null) return ok();
      const done = await work(manager);
      if (!done.ok) return done;
      const members = await this.store.members(id, manager);
      const awaited = members.some(
        ({ commitment, update, code }) => commitment !== null && update === null && code === null,
      );
      if (!awaited) await this.store.endNow(manager, id);
      return ok();
    });
    if (!noted.ok) return noted;
    this.log.committed();
    this.worker.look();
    const row = await this.store.one(id);
    if (row.ok)
      this.events.emit('round.changed', { round: id, model: row.value.terms.model, state: row.value.state });
    return row;
  }

  private async keep(
    manager: EntityManager,
    id: string,
    account: string,
    {
      author,
      hash,
      bytes,
      isPrivate,
    }: { author: string; hash: string; bytes: Uint8Array; isPrivate: boolean },
  ): Promise<Result<void>> {
    const members = await this.store.members(id, manager);
    if (members.some(({ update }) => update === hash))
      return err(roundConflict('ROUND_UPDATE_COPY', 'another member has shown the same update'));
    const room = this.checkRoom(members, bytes.length);
    if (!room.ok) return room;
    await this.store.reveal(manager, id, author, hash, bytes);
    await this.log.append(manager, [
      // How well something can be compressed says something about it.
      roundEntry('revealed', id, account, hash, { author, ...(!isPrivate && { bytes: bytes.length }) }),
    ]);
    return ok();
  }

  /** Whether so many more bytes are within what a round may have. */
  private checkRoom(members: readonly MemberRow[], bytes: number): Result<void> {
    const all = members.reduce((sum, member) => sum + (member.bytes ?? 0), bytes);
    const most = budgetOf(this.config);
    return all <= most ? ok() : err(overBudget(all, most));
  }

  private async refuse(
    manager: EntityManager,
    id: string,
    account: string,
    { author, hash, code }: { author: string; hash: string; code: string },
  ): Promise<Result<void>> {
    await this.store.refuse(manager, id, author, code);
    await this.log.append(manager, [roundEntry('refused', id, account, hash, { author, code })]);
    return ok();
  }
}

/** Reads all bytes, as long as they are no more than allowed. */
async function allOf(pieces: AsyncIterable<Uint8Array>, most: number): Promise<Result<Uint8Array>> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const piece of pieces) {
    size += piece.length;
    if (size > most)
      return err(new CodedError('ROUND_UPDATE_SIZE', `an update has ${most} bytes at most`, { most }, 413));
    parts.push(piece);
  }
  return ok(new Uint8Array(Buffer.concat(parts)));
}
