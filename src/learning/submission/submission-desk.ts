import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { BlockPublisher, hashHeader, type BlockInput } from '../../chain/index.js';
import { CodedError, err, EventBus, ok, type Json, type Result } from '../../common/index.js';
import { Transactions } from '../../database/index.js';
import { ParameterIndex, UploadStore, type ReleaseView } from '../../experts/index.js';
import { LogAppender } from '../../log/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { SUBMISSION_ENTRY } from '../beacon/beacon.js';
import { passed, type CheckOutcome } from '../checks/check-outcome.js';
import { DatasetGate } from '../checks/dataset-gate.js';
import { checkCurrent, checkForm, type NamedHeader } from '../checks/form.js';
import { checkQuota } from '../checks/quota.js';
import { ReleaseGrowth } from '../growth/growth.js';
import { ExampleSources } from '../evaluation/example-sources.js';
import { trustOf } from '../trust/trust.js';
import { SubmissionQueue } from '../judging/submission-queue.js';
import { SubmissionWorker } from '../judging/submission-worker.js';
import { TrainingAudit } from '../judging/training-audit.js';
import { manifestHash, parseManifest, type ManifestFacts } from './manifest-facts.js';
import {
  checkStatementSignature,
  parseStatement,
  statementHash,
  submissionId,
  type SubmissionStatement,
} from './statement.js';
import { SubmissionFiles } from './submission-files.js';
import { SubmissionStore } from './submission-store.js';
import type { SubmissionRow } from './submission-row.js';

/** What a contributor sends once the payloads are uploaded. */
export interface SubmissionRequest {
  /** Upload that holds the blocks. */
  readonly upload: string;
  readonly statement: unknown;
  readonly signature: string;
  readonly manifest: Json;
  /** Whether drawn updates of the training can be shown. */
  readonly showsTraining: boolean;
}

/** A submission that was taken, now or before. */
export interface TakenSubmission {
  readonly row: SubmissionRow;
  readonly created: boolean;
}

/** A submission that this server has made itself, of what a round has led to. */
export interface OwnSubmission {
  readonly statement: SubmissionStatement;
  readonly signature: string;
  readonly manifest: Json;
  readonly facts: ManifestFacts;
  readonly inputs: readonly BlockInput[];
  /** Whether nobody else can make it again. */
  readonly isPrivate: boolean;
}

interface ReadRequest {
  readonly statement: SubmissionStatement;
  readonly manifest: ManifestFacts;
}

/** What is stored in the transaction of a submission besides it. @returns false: nothing is to be stored at all */
type AlsoStored = (manager: EntityManager) => Promise<boolean>;

/** The door for trained experts. Whatever is wrong with their form is refused here, at once; what they are worth is found out later. */
@Injectable()
export class SubmissionDesk {
  constructor(
    private readonly index: ParameterIndex,
    private readonly uploads: UploadStore,
    private readonly publisher: BlockPublisher,
    private readonly store: SubmissionStore,
    private readonly files: SubmissionFiles,
    private readonly queue: SubmissionQueue,
    private readonly worker: SubmissionWorker,
    private readonly audit: TrainingAudit,
    private readonly datasets: DatasetGate,
    private readonly growth: ReleaseGrowth,
    private readonly transactions: Transactions,
    private readonly log: LogAppender,
    private readonly events: EventBus,
    private readonly sources: ExampleSources,
  ) {}

  /**
   * Takes a submission; the same statement is the same submission. Refusals: `SUBMISSION_…`, `SEALED_SET_…`, `UPLOAD_…`, `BLOCK_…`,
   * `RELEASE_NOT_FOUND`.
   */
  async submit(account: string, request: SubmissionRequest): Promise<Result<TakenSubmission>> {
    const began = performance.now();
    const read = readRequest(request);
    if (!read.ok) return read;
    const { statement } = read.value;
    const id = submissionId(statement);
    const known = await this.store.find(id);
    if (known !== null) {
      await this.uploads.discard(account, request.upload);
      return ok({ row: known, created: false });
    }
    const judged = await this.sources.check(statement.model, statement.domains);
    if (!judged.ok) return judged;
    const audit = await this.audit.admit(read.value.manifest, request.showsTraining);
    if (!audit.ok) return audit;
    const allowed = await this.datasets.check(statement.datasets);
    if (!allowed.ok) return allowed;
    const parent = await this.parentOf(statement);
    if (!parent.ok) return parent;
    const taken = await this.uploads.handOver(account, request.upload, async (inputs) => {
      const checked = await this.checkBlocks(read.value, parent.value, inputs);
      if (!checked.ok) return checked;
      await this.files.keep(id, inputs);
      return this.record(id, account, request, read.value, inputs, [
        passed('shape', `${inputs.length} blocks as the release asks for`, null, performance.now() - began),
        passed('signature', `signed by ${statement.author}`, null, 0),
        ...(audit.value === null ? [] : [audit.value]),
      ]);
    });
    if (!taken.ok) return taken;
    this.begin(id, statement);
    const row = await this.store.one(id);
    return row.ok ? ok({ row: row.value, created: taken.value }) : row;
  }

  /**
   * Takes what this server has made itself, together with what else changes. It goes the way of all others; only its training is not
   * audited, which the check and the verdict say. Refusals: `SUBMISSION_…`, `BLOCK_…`.
   *
   * @returns false: somebody was faster, or nothing was to be stored; then nothing has changed
   */
  async submitOwn(account: string, own: OwnSubmission, also: AlsoStored): Promise<Result<boolean>> {
    const { statement, signature, manifest, facts, inputs, isPrivate } = own;
    const id = submissionId(statement);
    const allowed = await this.datasets.check(statement.datasets);
    if (!allowed.ok) return allowed;
    const parent = await this.parentOf(statement);
    if (!parent.ok) return parent;
    const read = { statement, manifest: facts };
    const checked = await this.checkBlocks(read, parent.value, inputs);
    if (!checked.ok) return checked;
    await this.files.keep(id, inputs);
    const shape = passed('shape', `${inputs.length} blocks made of a round`, null, 0);
    const audit = this.audit.ofRound(isPrivate);
    const checks = audit === null ? [shape] : [shape, audit];
    const taken = await this.record(id, account, { signature, manifest }, read, inputs, checks, also);
    if (!taken.ok) return taken;
    if (taken.value) this.begin(id, statement);
    else if ((await this.store.find(id)) === null) await this.files.remove(id);
    return taken;
  }

  private begin(id: string, { model }: SubmissionStatement): void {
    this.log.committed();
    this.worker.begin();
    this.events.emit('submission.changed', {
      ...{ submission: id, model, state: 'received', done: 0, total: 0 },
    });
  }

  private async parentOf(statement: SubmissionStatement): Promise<Result<ReleaseView>> {
    const view = await this.index.release(statement.release);
    if (view?.model === statement.model) return ok(view);
    const message = `there is no release ${statement.release} of ${statement.model}`;
    return err(new CodedError('RELEASE_NOT_FOUND', message, { release: statement.release }, 404));
  }

  private async checkBlocks(
    { statement, manifest }: ReadRequest,
    parent: ReleaseView,
    inputs: readonly BlockInput[],
  ): Promise<Result<void>> {
    const headers = inputs.map(named);
    const form = checkForm({ statement, manifest, headers, parent });
    if (!form.ok) return form;
    const live = await this.index.live(statement.model);
    const current = live === null ? ok() : checkCurrent(headers, live);
    if (!current.ok) return current;
    const sound = await this.publisher.check(inputs);
    if (!sound.ok || live === null) return sound;
    const growth = await this.growth.of(
      live,
      inputs.map(({ header }) => header),
    );
    return growth.ok ? ok() : growth;
  }

  /** Counts and stores in one transaction, so that nobody gets in twice at once. @returns false: somebody was faster, or `also` said no */
  private async record(
    id: string,
    account: string,
    { signature, manifest }: Pick<SubmissionRequest, 'signature' | 'manifest'>,
    { statement }: ReadRequest,
    inputs: readonly BlockInput[],
    checks: readonly CheckOutcome[],
    also: AlsoStored = () => Promise.resolve(true),
  ): Promise<Result<boolean>> {
    await this.queue.ready();
    const recorded = await this.transactions.run(async (manager): Promise<Result<boolean>> => {
      await manager.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 14))', [account]);
      if ((await this.store.find(id, manager)) !== null) return ok(false);
      const { level } = trustOf(await this.store.history(account, manager));
      const made = await this.store.madeToday(account, manager);
      const quota = checkQuota(level, made);
      if (!quota.ok) return quota;
      if (!(await also(manager))) return ok(false);
      const counted = passed('quota', `${made + 1} today, ${level}`, { made: made + 1, trust: level }, 0);
      const headers = inputs.map(({ header }) => header);
      const row = { id, account, statement, signature, manifest, headers, checks: [...checks, counted] };
      await this.store.insert(manager, row);
      const { model, release, blocks, author } = statement;
      const data = { model, release, blocks: [...blocks], author };
      await this.log.append(manager, [
        { kind: SUBMISSION_ENTRY, subject: id, actor: account, hash: statementHash(statement), data },
      ]);
      await this.queue.add(manager, id);
      return ok(true);
    });
    if (!recorded.ok) await this.files.remove(id);
    return recorded;
  }
}

function readRequest({
  statement: given,
  signature,
  manifest: sent,
}: SubmissionRequest): Result<ReadRequest> {
  const statement = parseStatement(given);
  if (!statement.ok) return statement;
  const manifest = parseManifest(sent);
  if (!manifest.ok) return manifest;
  if (manifestHash(sent) !== statement.value.manifest) {
    const message = 'the statement names another manifest than the one that was sent';
    return err(new CodedError('SUBMISSION_MANIFEST', message, { member: 'hash' }));
  }
  const signed = checkStatementSignature(statement.value, signature);
  return signed.ok ? ok({ statement: statement.value, manifest: manifest.value }) : signed;
}

function named({ header }: BlockInput): NamedHeader {
  return { hash: hashHeader(header, nativeSha256), header };
}
