import { Injectable } from '@nestjs/common';
import { ok, type Result } from '../../common/index.js';
import { AntiCopy, COPY_COSINE, type CopyFinding } from '../checks/anti-copy.js';
import { failed, passed, type CheckOutcome } from '../checks/check-outcome.js';
import { PreFilter, type CandidateContent } from '../checks/pre-filter.js';
import { LearntPreFilter } from '../filter/learnt-pre-filter.js';
import type { SubmissionRow } from '../submission/submission-row.js';
import { SubmissionStore } from '../submission/submission-store.js';
import { trustOf } from '../trust/trust.js';
import type { ComparedModels } from './compared-models.js';
import { SubmissionContent } from './submission-content.js';

/** The checks that cost little: whether the blocks are copies, and whether they are worth an evaluation. */
@Injectable()
export class Screening {
  constructor(
    private readonly content: SubmissionContent,
    private readonly antiCopy: AntiCopy,
    private readonly preFilter: PreFilter,
    private readonly learnt: LearntPreFilter,
    private readonly store: SubmissionStore,
  ) {}

  /** What the checks found, up to the first one that fails. Refuses with what the engine refuses with. */
  async check(
    row: SubmissionRow,
    models: ComparedModels,
    signal: AbortSignal,
  ): Promise<Result<CheckOutcome[]>> {
    const contents = await this.content.contentsOf(row);
    const original = await this.checkOriginal(row.model, contents);
    if (!original.passed) return ok([original]);
    const { level } = trustOf(await this.store.history(row.account));
    if (level !== 'new')
      return ok([original, passed('pre_filter', `waived: the contributor is ${level}`, null, 0)]);
    const { base, candidate, encoder } = models;
    const filtered = await this.preFilter.check(contents, {
      ...{ base, candidate, encoder, signal, progress: () => undefined },
    });
    if (!filtered.ok) return filtered;
    const found = [original, filtered.value];
    const learnt = filtered.value.passed ? await this.learnt.check(filtered.value.figures) : null;
    return ok(learnt === null ? found : [...found, learnt]);
  }

  private async checkOriginal(model: string, contents: readonly CandidateContent[]): Promise<CheckOutcome> {
    const began = performance.now();
    const findings: Record<string, CopyFinding> = {};
    for (const { block, parent, payload, tensors } of contents) {
      const { name, payloadHash } = block;
      const found = await this.antiCopy.find({ model, name, payloadHash, parent, payload, tensors });
      findings[name] = found;
      const { nearest } = found;
      if (nearest === null || nearest.cosine < COPY_COSINE) continue;
      const detail = `${name} is like block ${nearest.block} (${nearest.name ?? '?'}): cosine ${nearest.cosine.toFixed(4)}, allowed is below ${COPY_COSINE}`;
      const took = performance.now() - began;
      return failed('anti_copy', { code: 'COPY_OF_EXPERT', detail }, findings as never, took);
    }
    const most = Math.max(...Object.values(findings).map(({ nearest }) => nearest?.cosine ?? 0));
    const detail = `like no other expert: cosine ${most.toFixed(4)} at most`;
    return passed('anti_copy', detail, findings as never, performance.now() - began);
  }
}
