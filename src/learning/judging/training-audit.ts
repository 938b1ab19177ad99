import { access, readFile } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { BlockReader } from '../../chain/index.js';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { nativeSha256, nativeSha256Hex } from '../../common/native-hash.js';
import { AppConfig } from '../../config/index.js';
import { ParameterIndex } from '../../experts/index.js';
import { TrainingAuditRunner } from '../audit/node/audit-runner.js';
import { auditDetail, auditFigures } from '../audit/audit-figures.js';
import { checkData, dataDetail } from '../audit/shown-data.js';
import type { AuditFacts } from '../audit/audit-facts.js';
import { auditShare, drawUpdates } from '../audit/draw.js';
import type { Beacon } from '../beacon/beacon.js';
import { failed, notAudited, passed, skippedAudit, type CheckOutcome } from '../checks/check-outcome.js';
import { parseManifest, type ManifestFacts } from '../submission/manifest-facts.js';
import { SubmissionFiles } from '../submission/submission-files.js';
import type { AskedOpening, SubmissionRow } from '../submission/submission-row.js';
import { SubmissionStore } from '../submission/submission-store.js';
import { readReleaseOf } from '../source/release-model.js';
import { StoredBlockAccess } from '../source/stored-block-access.js';
import { trainingKernelPath } from '../trainer/node/training-kernel-path.js';
import { DataSets } from './data-sets.js';

/** Tokens of all drawn updates together, about which an audit replays at most, and of one micro-batch. */
const MOST_TOKENS = 2 ** 22;
const MOST_MICRO_BATCH = 2 ** 14;

/** What became of an opening that was asked for. */
export type OpeningOutcome = { readonly waitMs: number } | { readonly check: CheckOutcome };

/** How a server audits trainings. Members are named as in JSON. */
export interface AuditTerms {
  /** Whether everybody has to show drawn updates. */
  readonly required: boolean;
  /** Updates that are drawn beside the first and the last; 0: none are. */
  readonly updates: number;
}

/** Asks contributors to show drawn updates of their training, and replays what they show. */
@Injectable()
export class TrainingAudit {
  private kernel: string | null = null;

  constructor(
    private readonly config: AppConfig,
    private readonly store: SubmissionStore,
    private readonly files: SubmissionFiles,
    private readonly index: ParameterIndex,
    private readonly reader: BlockReader,
    private readonly runner: TrainingAuditRunner,
    private readonly datasets: DataSets,
  ) {}

  /**
   * Whether a training will be audited: null where it will, or where this server audits none; else the check that says why not.
   * `SUBMISSION_NOT_AUDITABLE`: this server audits all, and this one could not be replayed here whatever was shown.
   * @param offered whether its contributor has said that the drawn updates can be shown
   */
  async admit({ audit }: ManifestFacts, offered: boolean): Promise<Result<CheckOutcome | null>> {
    const { learningAudit: whose, learningAuditUpdates: updates } = this.config;
    if (updates === 0) return ok(null);
    // The first and the last are drawn beside those.
    const problem = await this.problemWith(audit, updates + 2);
    if (whose === 'required') return problem === null ? ok(null) : err(notAuditable(problem));
    if (offered && problem === null) return ok(null);
    return ok(notAudited(problem ?? 'the contributor does not show the training'));
  }

  /** What is noted of the result of a round, whose members train each for themselves; null where this server audits none. */
  ofRound(isPrivate: boolean): CheckOutcome | null {
    if (this.config.learningAuditUpdates === 0) return null;
    const again = isPrivate
      ? 'which nobody else can make again'
      : 'which anybody can make again from the log';
    return notAudited(`made of a round, ${again}`);
  }

  /** What contributors can know of audits before they hand anything in. */
  terms(): AuditTerms {
    const { learningAudit: whose, learningAuditUpdates: updates } = this.config;
    return { required: whose === 'required' && updates > 0, updates };
  }

  /** What a contributor has to show, drawn from the beacon; null where nothing is asked for. */
  async ask(row: SubmissionRow, beacon: Beacon): Promise<AskedOpening | null> {
    const { learningAuditUpdates: count, learningOpeningSeconds: seconds } = this.config;
    const facts = count === 0 || skippedAudit(row.checks) !== null ? null : await this.factsOf(row);
    if (facts === null || facts.steps.length === 0) return null;
    const updates = drawUpdates(beacon.root, facts.steps.length, count, nativeSha256);
    return {
      ...{ updates, of: facts.steps.length, share: auditShare(facts.steps, updates) },
      until: (await this.store.now()) + seconds * 1000,
    };
  }

  /**
   * What is shown, replayed, and looked for in datasets; or how long to wait for it. `OPENING_LATE`, `OPENING_FORM` and `AUDIT_…` are findings; refuses with what
   * may succeed later, and with `SUBMISSION_NOT_AUDITABLE` where this server, which audits all, has changed since it took the submission.
   */
  async check(
    row: SubmissionRow,
    asked: AskedOpening,
    { signal, progress }: { signal: AbortSignal; progress: (done: number) => void },
  ): Promise<Result<OpeningOutcome>> {
    const path = this.files.openingPath(row.id).whole;
    if (!(await isThere(path))) {
      const waitMs = asked.until - (await this.store.now());
      if (waitMs > 0) return ok({ waitMs });
      const late = { code: 'OPENING_LATE', detail: 'the drawn updates were not shown in time' };
      return ok({ check: failed('audit', late, null, 0) });
    }
    const began = performance.now();
    const facts = await this.factsOf(row);
    if (facts === null) throw new Error(`${row.id} is audited without the facts for it`);
    const problem = await this.problemWith(facts, asked.updates.length);
    if (problem !== null && this.config.learningAudit === 'required') return err(notAuditable(problem));
    if (problem !== null) {
      // It was the kernel of this server when the submission was taken, and this server was upgraded since: nobody else is to lose by that.
      return ok({ check: notAudited(problem, facts.kernel !== (await this.kernelHash())) });
    }
    const blocks = new StoredBlockAccess(this.index, this.reader);
    const model = await readReleaseOf(blocks, row.statement.release, () => undefined);
    if (!model.ok) return model;
    const { datasets: named } = row.statement;
    const input = {
      ...{ facts, drawn: asked.updates, path, model: model.value, kernelPath: trainingKernelPath() },
      // Beside the opening, which is removed with the submission.
      data: await this.datasets.of(named, `${path}.texts`),
    };
    const found = await this.runner.run(input, signal, progress);
    if (!found.ok) return found;
    const took = performance.now() - began;
    const updates = [...asked.updates];
    if (found.value.refusal !== null) {
      const { code, message: detail } = found.value.refusal;
      return ok({ check: failed('audit', { code, detail }, { updates }, took) });
    }
    const data = { ...found.value.data, sets: found.value.data.sets.map((set) => ({ ...set })) };
    const isOfThem = checkData(data, { named, approvedOnly: this.config.learningDatasets === 'approved' });
    if (!isOfThem.ok) {
      const { code, message: detail } = isOfThem.error;
      return ok({ check: failed('audit', { code, detail }, { updates, data }, took) });
    }
    const figures = auditFigures(asked);
    const detail = `${auditDetail(figures)}; ${dataDetail(data)}`;
    return ok({ check: passed('audit', detail, { ...figures, updates, data }, took) });
  }

  private async problemWith(audit: AuditFacts | null, updates: number): Promise<string | null> {
    if (audit === null) return 'a manifest of version 1 cannot be audited: train with this version of stemma';
    if (audit.steps.length === 0) return 'the manifest has no update that could be replayed';
    if (audit.kernel !== (await this.kernelHash()))
      return 'it was trained with another training kernel than the one of this server';
    const { batchTokens, microBatchTokens } = audit.plan;
    if (
      batchTokens * Math.min(updates, audit.steps.length) > MOST_TOKENS ||
      microBatchTokens > MOST_MICRO_BATCH
    )
      return `batches of ${batchTokens} tokens in parts of ${microBatchTokens} are too large to be replayed here`;
    return null;
  }

  private async factsOf({ id }: SubmissionRow): Promise<AuditFacts | null> {
    const manifest = parseManifest(await this.store.manifest(id));
    return manifest.ok ? manifest.value.audit : null;
  }

  private async kernelHash(): Promise<string> {
    this.kernel ??= nativeSha256Hex(await readFile(trainingKernelPath()));
    return this.kernel;
  }
}

function notAuditable(problem: string): CodedError {
  return new CodedError('SUBMISSION_NOT_AUDITABLE', problem);
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
