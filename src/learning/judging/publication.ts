import { Injectable } from '@nestjs/common';
import { BlockAuthor, BlockPublisher, BlockReader, hashHeader, type BlockInput } from '../../chain/index.js';
import {
  canonicalJson,
  CodedError,
  err,
  hashJson,
  ok,
  utf8ToBytes,
  type Json,
  type Result,
} from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { Transactions } from '../../database/index.js';
import {
  ParameterIndex,
  PromotionDoor,
  provenanceIn,
  ReleaseAuthor,
  type PublishedRelease,
  type ReleaseView,
} from '../../experts/index.js';
import { LogAppender, type LogEntryInput } from '../../log/index.js';
import { VERDICT_ENTRY } from '../beacon/beacon.js';
import { AppConfig } from '../../config/index.js';
import type { CheckOutcome } from '../checks/check-outcome.js';
import { GrownReleases } from '../growth/grown-releases.js';
import { SubmissionFiles } from '../submission/submission-files.js';
import type { SubmissionRow } from '../submission/submission-row.js';
import { SubmissionStore } from '../submission/submission-store.js';
import type { Verdict } from '../verdict/verdict.js';
import { comesByStages } from './rollout.js';

/** Who publishes and asks, where somebody must have done it. */
export const LEARNING_ACTOR = 'learning';

/** Closed questions about one release that are looked past at most. */
const MOST_CLOSED = 100;

/** What follows from a verdict: blocks, a release, and the question whether it goes live. */
@Injectable()
export class Publication {
  constructor(
    private readonly author: BlockAuthor,
    private readonly publisher: BlockPublisher,
    private readonly reader: BlockReader,
    private readonly transactions: Transactions,
    private readonly log: LogAppender,
    private readonly store: SubmissionStore,
    private readonly files: SubmissionFiles,
    private readonly index: ParameterIndex,
    private readonly grown: GrownReleases,
    private readonly releases: ReleaseAuthor,
    private readonly door: PromotionDoor,
    private readonly config: AppConfig,
  ) {}

  /**
   * Publishes the blocks of an accepted submission with the verdict on them, all in one transaction. `EXPERT_UNDECIDED` (409) where another
   * one of the same expert was accepted while this one was evaluated: nothing has changed then.
   * @param rivals those of the same expert that were accepted before
   */
  async accept(
    row: SubmissionRow,
    verdict: Verdict,
    checks: readonly CheckOutcome[],
    rivals: ReadonlySet<string>,
  ): Promise<Result<void>> {
    const payload = utf8ToBytes(canonicalJson(verdict as unknown as Json));
    const hashes = row.headers.map((header) => hashHeader(header, nativeSha256));
    const timestamp = Math.max(this.author.now(), ...row.headers.map((header) => header.timestamp));
    const published = await unlessUndecided(() =>
      this.publisher.appendLinear(
        'D',
        async (head) => {
          const header = await this.author.create({
            ...{ chain: 'D', type: 'verdict', payload, payloadType: 'json', prevHash: head, timestamp },
            dependsOn: [verdict.base_release, ...hashes],
            metadata: { model: row.model, submission: row.id, author: verdict.author, accepted: true },
          });
          return [...(await this.inputsOf(row)), { header, payload }];
        },
        async (manager, blocks) => {
          const held = await this.store.hold(manager, row.id, 'evaluating');
          // The heads of the chains are locked: nobody else is accepted meanwhile.
          const rival = (await this.store.rivalsOf(row, manager)).find(({ id }) => !rivals.has(id));
          if (rival !== undefined) throw undecided(rival.id);
          const block = blocks.find(({ chain }) => chain === 'D')?.hash;
          if (block === undefined) throw new Error('a verdict was published without its block');
          const changes = {
            verdict,
            verdictHash: hashJson(verdict as unknown as Json),
            verdictBlock: block,
            checks,
          };
          await this.store.move(manager, held, 'accepted', changes);
          await this.log.append(manager, [verdictEntry(row, verdict)]);
        },
      ),
    );
    if (!published.ok) return published;
    await this.files.remove(row.id);
    return ok();
  }

  /** Puts back payloads that an attempt to publish them has moved into the store, so that they can be evaluated again. */
  async putBack(row: SubmissionRow): Promise<void> {
    await this.files.keep(row.id, await this.inputsOf(row));
  }

  /** Ends a submission that is not accepted. @param counts whether trust looks at it */
  async reject(
    row: SubmissionRow,
    why: { readonly code: string; readonly detail: string },
    found: { readonly checks: readonly CheckOutcome[]; readonly verdict?: Verdict; readonly counts: boolean },
  ): Promise<void> {
    const { checks, verdict, counts } = found;
    await this.transactions.run(async (manager) => {
      const held = await this.store.hold(manager, row.id, row.state);
      const judged = verdict && { verdict, verdictHash: hashJson(verdict as unknown as Json) };
      await this.store.move(manager, held, 'rejected', { ...why, checks, counts, ...judged });
      await this.log.append(manager, [
        verdict === undefined ? refusalEntry(row, why) : verdictEntry(row, verdict),
      ]);
    });
    this.log.committed();
    await this.files.remove(row.id);
  }

  /** The release with the accepted blocks in place of those they come from or beside them, and the origin that the live one states; `SUBMISSION_OUTDATED` where a place was taken. */
  async release(row: SubmissionRow, live: ReleaseView): Promise<Result<PublishedRelease>> {
    const parts = await this.grown.parts(row, live);
    if (!parts.ok) return parts;
    const { tokenizer, dtype } = live;
    const before = await this.reader.header(live.release);
    return this.releases.publish({
      ...{ model: row.model, tokenizer, dtype: dtype ?? 'q8', ...parts.value },
      provenance: before === null ? null : provenanceIn(before.header.metadata),
    });
  }

  /** Whether the release of a submission differs from the live one in nothing but its own blocks. */
  async isOn(row: SubmissionRow, live: ReleaseView): Promise<boolean> {
    const own = row.release === null ? null : await this.index.release(row.release);
    return own !== null && this.grown.isOn(row, own, live);
  }

  /** Asks whoever decides to make the release live, on top of the one that is. @returns the id of the decision, null where nobody decides */
  async ask(row: SubmissionRow, version: string, live: ReleaseView): Promise<Result<string | null>> {
    const fall = row.verdict?.figures.overall.fall ?? 0;
    // Another release is another question, and so is the same one again after its question was closed because another was live meanwhile.
    const question = `${row.id}:${version}`;
    let key = question;
    for (let closed = 0; ; closed++) {
      const asked = await this.door.ask({
        ...{ model: row.model, version, actor: LEARNING_ACTOR, mayOrder: false },
        ...{ key, base: live.release },
        staged: comesByStages(this.config),
        why: `proof of learning: the loss on unseen examples is ${(fall * 100).toFixed(1)} % less (${row.id})`,
      });
      if (asked.ok) return ok(asked.value.decision?.id ?? null);
      const before = supersededIn(asked.error);
      if (before === null || closed === MOST_CLOSED) return asked;
      key = `${question}:${before}`;
    }
  }

  /** Whether the question about its release was closed because of what was live then. */
  async isSuperseded({ model, release, decision }: SubmissionRow): Promise<boolean> {
    if (release === null || decision === null) return false;
    return (await this.door.standing({ model, release, decision })).state === 'superseded';
  }

  /** Whether somebody has said no to the release. One that failed, or what it was made of being gone, is nobody's no. */
  async isDeclined({ model, release, decision }: SubmissionRow): Promise<boolean> {
    if (release === null || decision === null) return false;
    const { over, state } = await this.door.standing({ model, release, decision });
    return over && !['failed', 'outdated', 'superseded'].includes(state);
  }

  /** The live release of a model; `RELEASE_NOT_FOUND` where there is none. */
  async live(model: string): Promise<Result<ReleaseView>> {
    const live = await this.index.live(model);
    if (live !== null) return ok(live);
    return err(new CodedError('RELEASE_NOT_FOUND', `${model} has no live release`, { model }, 404));
  }

  /** Payloads from the store where an earlier attempt has moved them there. */
  private async inputsOf({ id, headers }: SubmissionRow): Promise<BlockInput[]> {
    const known = await this.reader.headers(headers.map((header) => hashHeader(header, nativeSha256)));
    return Promise.all(
      headers.map(async (header) => {
        const stored = await this.reader.payloadPath(header.payload_hash);
        const isStored =
          stored !== null && (known.size > 0 || (await this.files.isGone(id, header.payload_hash)));
        return { header, payload: { path: isStored ? stored : this.files.path(id, header.payload_hash) } };
      }),
    );
  }
}

/** What is answered where another submission of the same expert was accepted, and not decided about. */
function undecided(rival: string): CodedError {
  const message = `${rival} is of the same expert, or new in the same layer, and whether it goes live is not decided`;
  return new CodedError('EXPERT_UNDECIDED', message, { rival }, 409);
}

/** As `work`, but for `EXPERT_UNDECIDED`, which undoes its transaction and is a refusal outside of it. */
async function unlessUndecided<T>(work: () => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof CodedError && thrown.code === 'EXPERT_UNDECIDED') return err(thrown);
    throw thrown;
  }
}

function verdictEntry(row: SubmissionRow, verdict: Verdict): LogEntryInput {
  const { accepted, beacon, base_release: base } = verdict;
  return {
    ...{ kind: VERDICT_ENTRY, subject: row.id, actor: LEARNING_ACTOR },
    hash: hashJson(verdict as unknown as Json),
    data: { accepted, beacon: beacon.root, base },
  };
}

/** The decision whose question was closed as superseded, where that is why a promotion is refused. */
function supersededIn({ code, facts }: CodedError): string | null {
  const { decision, state } = facts as { readonly decision?: unknown; readonly state?: unknown };
  return code === 'PROMOTION_FAILED' && state === 'superseded' && typeof decision === 'string'
    ? decision
    : null;
}

/** A refusal before the evaluation is logged by what was refused. */
function refusalEntry(row: SubmissionRow, { code }: { readonly code: string }): LogEntryInput {
  const hash = hashJson(row.statement as unknown as Json);
  return {
    kind: VERDICT_ENTRY,
    subject: row.id,
    actor: LEARNING_ACTOR,
    hash,
    data: { accepted: false, code },
  };
}
