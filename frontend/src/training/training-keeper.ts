import { CodedError } from '../../../src/common/errors.js';
import {
  keepBeginning,
  keepPoint,
  readKept,
  takeTurn,
  type KeptBeginning,
  type KeptPoint,
  type KeptTraining,
} from './kept-training.js';
import type { TrainerReport } from './protocol.js';

/** Keeps the training of a worker in the browser as it goes on, so that it can be taken up; where that is refused, it goes on without. */
export class TrainingKeeper {
  private constructor(
    private readonly beginning: KeptBeginning,
    private readonly tell: (report: TrainerReport) => void,
    private keeps: boolean,
  ) {}

  /** Keeps a training that begins. */
  static async begin(
    beginning: KeptBeginning,
    tell: (report: TrainerReport) => void,
  ): Promise<TrainingKeeper> {
    const keeper = new TrainingKeeper(beginning, tell, true);
    const taken = await takeTurn();
    if (taken !== null) keeper.giveUp(taken);
    else await keeper.unlessRefused(0, () => keepBeginning(beginning));
    return keeper;
  }

  /** Goes on keeping what is kept here. Throws `TRAINING_ELSEWHERE`, `TRAINING_FOLDER`. */
  static async takeUp(
    tell: (report: TrainerReport) => void,
  ): Promise<{ readonly keeper: TrainingKeeper; readonly kept: KeptTraining }> {
    const taken = await takeTurn();
    if (taken !== null)
      throw new CodedError('TRAINING_ELSEWHERE', `this training cannot go on here: ${taken}`);
    const kept = await readKept();
    if (kept === null) throw new CodedError('TRAINING_FOLDER', 'this browser keeps no training');
    tell({ type: 'kept', made: kept.point?.state.step ?? 0 });
    const { request, model, release, kernel, data, plan } = kept;
    const beginning = { request, model, release, kernel, data, plan };
    return { keeper: new TrainingKeeper(beginning, tell, true), kept };
  }

  /** Keeps a point. @param states updates behind the states on the way that are kept besides */
  async keep(point: KeptPoint, states: readonly number[]): Promise<void> {
    if (this.keeps)
      await this.unlessRefused(point.state.step, () => keepPoint(this.beginning, point, states));
  }

  private async unlessRefused(made: number, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.tell({ type: 'kept', made });
    } catch (thrown) {
      this.giveUp(thrown instanceof Error ? thrown.message : String(thrown));
    }
  }

  private giveUp(detail: string): void {
    this.keeps = false;
    this.tell({ type: 'not kept', detail });
  }
}
