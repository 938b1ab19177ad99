import { CodedError } from '../../../src/common/errors.js';
import {
  keepBeginning,
  keepPoint,
  takeKept,
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
    /** Under which it keeps; null: it keeps nothing. */
    private id: string | null = null,
  ) {}

  /** Keeps a training that begins. */
  static async begin(
    beginning: KeptBeginning,
    tell: (report: TrainerReport) => void,
  ): Promise<TrainingKeeper> {
    const taken = await takeTurn();
    if (taken !== null) {
      const keeper = new TrainingKeeper(beginning, tell);
      keeper.giveUp(taken);
      return keeper;
    }
    const id = crypto.randomUUID();
    const keeper = new TrainingKeeper(beginning, tell, id);
    await keeper.unlessRefused(id, 0, () => keepBeginning(beginning, id));
    return keeper;
  }

  /** Goes on keeping what is kept here. Throws `TRAINING_ELSEWHERE`, `TRAINING_FOLDER`. */
  static async takeUp(
    tell: (report: TrainerReport) => void,
  ): Promise<{ readonly keeper: TrainingKeeper; readonly kept: KeptTraining }> {
    const taken = await takeTurn();
    if (taken !== null)
      throw new CodedError('TRAINING_ELSEWHERE', `this training cannot go on here: ${taken}`);
    const id = crypto.randomUUID();
    const kept = await takeKept(id);
    if (kept === null) throw new CodedError('TRAINING_FOLDER', 'this browser keeps no training');
    tell({ type: 'kept', keeper: id, made: kept.point?.state.step ?? 0 });
    const { request, model, release, kernel, data, plan } = kept;
    const beginning = { request, model, release, kernel, data, plan };
    return { keeper: new TrainingKeeper(beginning, tell, id), kept };
  }

  /** Keeps a point. @param states updates behind the states on the way that are kept besides */
  async keep(point: KeptPoint, states: readonly number[]): Promise<void> {
    const { id } = this;
    if (id === null) return;
    await this.unlessRefused(id, point.state.step, () => keepPoint(id, this.beginning, point, states));
  }

  private async unlessRefused(keeper: string, made: number, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.tell({ type: 'kept', keeper, made });
    } catch (thrown) {
      this.giveUp(thrown instanceof Error ? thrown.message : String(thrown));
    }
  }

  private giveUp(detail: string): void {
    this.id = null;
    this.tell({ type: 'not kept', detail });
  }
}
