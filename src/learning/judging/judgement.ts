import { Injectable } from '@nestjs/common';
import { hashHeader } from '../../chain/index.js';
import { ok, type Result } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { AppConfig } from '../../config/index.js';
import { DatasetRows } from '../../datasets/index.js';
import type { Beacon } from '../beacon/beacon.js';
import { auditedData, skippedAudit } from '../checks/check-outcome.js';
import {
  acceptanceRules,
  doubtsAbout,
  reasonsAgainst,
  type AcceptanceRules,
  type Reason,
} from '../evaluation/acceptance.js';
import { ExampleSources } from '../evaluation/example-sources.js';
import { LossMeter } from '../evaluation/loss-meter.js';
import { measureUntilClear } from '../evaluation/measure-until-clear.js';
import { auditFigures } from '../audit/audit-figures.js';
import { dataNotes } from '../audit/shown-data.js';
import { shownDocuments } from '../audit/node/shown-documents.js';
import { RoundStore } from '../rounds/round-store.js';
import { statementHash } from '../submission/statement.js';
import { SubmissionFiles } from '../submission/submission-files.js';
import type { SubmissionRow } from '../submission/submission-row.js';
import type { Verdict } from '../verdict/verdict.js';
import type { ComparedModels } from './compared-models.js';
import { rewardedFall } from './rewarded-fall.js';

/** What a judgement is made with. */
export interface JudgingWork {
  readonly signal: AbortSignal;
  readonly progress: (done: number, total: number) => void;
  /** The fall that accepted submissions of the same expert, or with new ones of the same layer, were paid for (`paidBefore`). */
  readonly paid: number;
}

/** Judges submissions by examples that nobody knew when they were made. */
@Injectable()
export class Judgement {
  constructor(
    private readonly meter: LossMeter,
    private readonly rounds: RoundStore,
    private readonly sources: ExampleSources,
    private readonly files: SubmissionFiles,
    private readonly config: AppConfig,
    private readonly datasets: DatasetRows,
  ) {}

  /**
   * The verdict; the same submission, beacon, base, kernel, rules, weights of its round, audits of its datasets and payments until now
   * give the same one. Refuses with what the engine refuses with, and with `SEALED_SET_…`.
   */
  async judge(
    row: SubmissionRow,
    beacon: Beacon,
    models: ComparedModels,
    { signal, progress, paid }: JudgingWork,
    rules: AcceptanceRules = acceptanceRules(this.config),
  ): Promise<Result<Verdict>> {
    const kernel = await this.meter.kernel();
    if (!kernel.ok) return kernel;
    const { base, candidate, encoder } = models;
    const path = this.files.openingPath(row.id).whole;
    const seen = {
      encoder,
      documents: row.opening === null ? new Set<string>() : await shownDocuments(path, base.context),
    };
    const supply = this.sources.of({ subject: row.id, model: row.model, beacon, seen, signal });
    const measured = await measureUntilClear(
      beacon.root,
      rules,
      (examples) => this.meter.compare({ base, candidate, encoder, signal, progress }, examples),
      supply,
    );
    if (!measured.ok) return measured;
    const { figures } = measured.value;
    const { statement } = row;
    const members = await this.rounds.weightsOf(row.account);
    const audited = await this.datasets.auditedSince(statement.datasets);
    const reasons = reasonsAgainst(figures, statement.domains, rules);
    const accepted = reasons.length === 0;
    const { checks } = row;
    const { fall } = figures.overall;
    const rewarded = accepted && {
      rewarded: rewardedFall(fall, { checks, isRound: members !== null, paid }),
    };
    const data = auditedData(checks);
    const ofData = data === null ? [] : dataNotes(data, statement.datasets);
    const notes = [...doubtsAbout(figures, rules), ...auditNotes(row), ...ofData];
    return ok({
      ...{ version: 1, submission: row.id, statement: statementHash(statement), author: statement.author },
      ...(members !== null && { members }),
      ...{ model: row.model, parent_release: statement.release, base_release: base.release },
      blocks: row.headers.map((header) => ({
        ...{ name: header.name ?? '', block: hashHeader(header, nativeSha256) },
        parent: String(header.metadata.parent),
      })),
      ...{ datasets: statement.datasets, domains: statement.domains, beacon },
      ...(audited.size > 0 && { audited: Object.fromEntries(audited) }),
      examples: supply.told(measured.value),
      // What was shown and could not be replayed here after all is no audit.
      ...(row.opening !== null && skippedAudit(checks) === null && { audit: auditFigures(row.opening) }),
      ...(data !== null && { data }),
      kernel: kernel.value,
      rules: {
        ...{ delta: rules.delta, epsilon: rules.epsilon },
        ...{ loss_floor: rules.lossFloor, resamples: rules.resamples },
      },
      ...{ figures, accepted, reasons },
      ...rewarded,
      ...(notes.length > 0 && { notes }),
    });
  }
}

function auditNotes({ checks }: SubmissionRow): Reason[] {
  const detail = skippedAudit(checks);
  return detail === null ? [] : [{ code: 'NOT_AUDITED', detail }];
}
