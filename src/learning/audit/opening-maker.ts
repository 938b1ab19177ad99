import { CodedError, err, ok, type Result, type Sha256 } from '../../common/index.js';
import type { MerkleTree } from '../../common/merkle-tree.js';
import type { TokenSequence } from '../trainer/batch.js';
import { momentHashes, valuesIn } from '../trainer/state-link.js';
import type { Trainer, TrainerState } from '../trainer/trainer.js';
import type { AuditFacts } from './audit-facts.js';
import { documentTree } from './document-tree.js';
import type { EndOpening, UpdateOpening } from './opening.js';

/** A training that is over, and what is left of it. */
export interface FinishedTraining {
  readonly facts: AuditFacts;
  /** With the same model, plan and documents; in any state. */
  readonly trainer: Trainer;
  /** The documents that were learnt. */
  readonly documents: readonly TokenSequence[];
  /** Values of each trained tensor, as `trainedSizes`. */
  readonly sizes: readonly number[];
  /** The newest state that was kept and has no more than so many updates behind it; the state before the first update at worst. */
  stateBefore(step: number): Promise<TrainerState>;
}

/** Called between two updates that are done again; true ends it. */
export type Pause = () => Promise<boolean>;

/** Shows updates of a training of one's own, and its end. Asked in ascending order it does each update once at most. */
export class OpeningMaker {
  private readonly tree: MerkleTree;
  /** Whether the trainer's state is one that this maker brought it to. */
  private isHere = false;

  constructor(
    private readonly training: FinishedTraining,
    private readonly sha256: Sha256,
    private readonly pause: Pause,
  ) {
    this.tree = documentTree(training.documents, sha256);
  }

  /** `OPENING_TRAINING`: file, model or kept states are not those of the manifest. `OPENING_STOPPED`: it was to end. */
  async openingOf(step: number): Promise<Result<UpdateOpening>> {
    const { trainer, documents } = this.training;
    const reached = await this.goTo(step);
    if (!reached.ok) return reached;
    const examples = trainer.upcoming().map((index) => {
      const { ids, firstTarget } = documents[index];
      return { index, ids, firstTarget, path: this.tree.path(index) };
    });
    return ok({ step, state: trainer.state().values, examples });
  }

  /** The state the training ended with; refusals as of `openingOf`. */
  async end(): Promise<Result<EndOpening>> {
    const { trainer, facts, sizes } = this.training;
    const reached = await this.goTo(facts.steps.length);
    if (!reached.ok) return reached;
    const state = trainer.state().values;
    return ok({ values: valuesIn(state, sizes), moments: momentHashes(state, sizes, this.sha256) });
  }

  /** Brings the trainer to where so many updates have been made. */
  private async goTo(step: number): Promise<Result<void>> {
    const { trainer, facts } = this.training;
    const kept = await this.training.stateBefore(step);
    if (kept.step > 0 && kept.hash !== facts.steps[kept.step - 1].hash) return err(other(kept.step - 1));
    // Where the trainer stands is as good as what is on disk: all it did was compared with the manifest.
    if (!this.isHere || trainer.steps > step || trainer.steps < kept.step) trainer.restore(kept);
    this.isHere = true;
    while (trainer.steps < step) {
      if (await this.pause()) return err(new CodedError('OPENING_STOPPED', 'it was stopped'));
      const at = trainer.steps;
      const report = trainer.step();
      if (!report.ok) return report;
      if (report.value.hash === facts.steps[at].hash) continue;
      return err(other(at));
    }
    return ok();
  }
}

function other(step: number): CodedError {
  const message = `update ${step} gives another hash than the manifest says: file, model or kept states are others`;
  return new CodedError('OPENING_TRAINING', message, { step });
}
