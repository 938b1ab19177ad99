import { Injectable } from '@nestjs/common';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { DatasetRows, isApproved, type DatasetStage } from '../../datasets/index.js';

/** Stages in which nothing may be trained on a set, whatever the server asks for. */
const BARRED: readonly DatasetStage[] = ['rejected', 'appealed', 'quarantined', 'withdrawn'];

/** Whether experts may be taken that were trained on these datasets, as they stand now. */
@Injectable()
export class DatasetGate {
  constructor(
    private readonly config: AppConfig,
    private readonly rows: DatasetRows,
  ) {}

  /**
   * `SUBMISSION_DATASET`: none of them is rejected, in quarantine or withdrawn; where the server takes only experts of approved data, there
   * is at least one, and all are approved.
   * @param blocks of chain D
   */
  async check(blocks: readonly string[]): Promise<Result<void>> {
    const approved = this.config.learningDatasets === 'approved';
    if (approved && blocks.length === 0)
      return refuse(
        'this server takes experts of approved datasets only: name them with --datasets',
        {},
        400,
      );
    const known = await this.rows.ofBlocks(blocks);
    for (const block of blocks) {
      const found = known.get(block);
      if (found === undefined) return refuse(`${block} is no block of a dataset`, { block }, 400);
      const { id, stage } = found;
      if (BARRED.includes(stage)) return refuse(`dataset ${id} is ${stage}`, { dataset: id, stage }, 409);
      if (approved && !isApproved(stage))
        return refuse(`dataset ${id} is not approved: its stage is ${stage}`, { dataset: id, stage }, 409);
    }
    return ok();
  }
}

function refuse(message: string, facts: Readonly<Record<string, string>>, status: number): Result<never> {
  return err(new CodedError('SUBMISSION_DATASET', message, facts, status));
}
