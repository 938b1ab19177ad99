import {
  CodedError,
  err,
  hexToBytes,
  ok,
  verifyInclusion,
  type Result,
  type Sha256,
} from '../../common/index.js';
import type { ModelConfig } from '../../experts/tensorblock/model-limits.js';
import type { TokenSequence } from '../trainer/batch.js';
import { ExampleOrder } from '../trainer/example-order.js';
import type { WeightValues } from '../trainer/model-weights.js';
import { linkOfState, NO_STEP, trainedSizes } from '../trainer/state-link.js';
import { atOnce, type Pieces } from '../trainer/pieces.js';
import { Trainer, type StepReport } from '../trainer/trainer.js';
import type { TrainingKernel } from '../trainer/training-kernel.js';
import { placeOf, type AuditFacts } from './audit-facts.js';
import { documentLeaf } from './document-tree.js';
import type { OpenedExample, UpdateOpening } from './opening.js';

/** The release that was trained from. */
export interface AuditModel {
  readonly config: ModelConfig;
  readonly valuesOf: WeightValues;
}

/** Carries out an update on the calling thread; it may rest between the pieces. */
export type CarryOutHere = <T>(pieces: Pieces<T>) => T;

/** Outputs of frozen layers that a replay keeps, bytes: documents may come again in another epoch. */
const PREFIX_BYTES = 1 << 26;

/**
 * Does drawn updates of a training again: from the state before an update, which the link before it names, and its documents, which the
 * manifest's root names and its seed chooses, follows the link after it, bit by bit.
 */
export class UpdateReplayer {
  private readonly sizes: readonly number[];
  /** By place in the file; only those that were opened are there. */
  private readonly examples: TokenSequence[];
  private readonly order: ExampleOrder;
  private readonly trainer: Trainer;
  /** Link of the release's own values without moments. */
  private readonly initial: string;
  private readonly stateLength: number;

  /**
   * @param kernel with room for the longest sequence, which is the model's context and one more
   * @param carryOut how updates are carried out; without a rest if not given
   */
  constructor(
    private readonly facts: AuditFacts,
    private readonly model: AuditModel,
    kernel: TrainingKernel,
    private readonly sha256: Sha256,
    private readonly carryOut: CarryOutHere = atOnce,
  ) {
    this.sizes = trainedSizes(model.config, facts.plan.blocks);
    this.examples = new Array<TokenSequence>(facts.learnt);
    this.order = new ExampleOrder(facts.plan.seed, facts.learnt, sha256);
    const parts = { kernel, ...model, sha256, prefixBytes: PREFIX_BYTES };
    this.trainer = new Trainer(parts, facts.plan, this.examples);
    const initial = this.trainer.state().values;
    this.stateLength = initial.length;
    this.initial = linkOfState(NO_STEP, initial, this.sizes, sha256);
  }

  /**
   * `AUDIT_STATE`: the state is not the one that the chain of links names. `AUDIT_EXAMPLES`: a document is not under the root, or none the
   * model could read. `AUDIT_ORDER`: these are not the documents that the seed chooses. `AUDIT_UPDATE`: the update gives another link.
   */
  replay(opening: UpdateOpening): Result<void> {
    const { step, state } = opening;
    const { facts } = this;
    if (step < 0 || step >= facts.steps.length) return refused('STATE', step, 'there is no such update');
    const before = this.checkState(step, state);
    if (!before.ok) return before;
    const chosen = this.checkExamples(opening);
    if (!chosen.ok) return chosen;
    const place = placeOf(facts, step);
    const hash = step === 0 ? NO_STEP : facts.steps[step - 1].hash;
    this.trainer.restore({ step, place, hash, values: state });
    const report = this.carryOut(this.trainer.stepInPieces());
    return report.ok ? this.compare(report.value) : refused('UPDATE', step, report.error.message);
  }

  private checkState(step: number, state: Float32Array): Result<void> {
    const { steps, initial } = this.facts;
    if (initial !== this.initial)
      return refused('STATE', step, 'the manifest begins with other values than the release');
    if (state.length !== this.stateLength) return refused('STATE', step, 'the state has another size');
    const named = step === 0 ? initial : steps[step - 1].hash;
    const link = step < 2 ? NO_STEP : steps[step - 2].hash;
    const found = linkOfState(link, state, this.sizes, this.sha256);
    return found === named ? ok() : refused('STATE', step, `the state has the link ${found}, not ${named}`);
  }

  /** Takes the documents over, once they are known to be those of the update. */
  private checkExamples({ step, examples }: UpdateOpening): Result<void> {
    const { facts } = this;
    const place = placeOf(facts, step);
    let tokens = 0;
    for (const [i, example] of examples.entries()) {
      if (tokens >= facts.plan.batchTokens)
        return refused('ORDER', step, 'it has more documents than it takes');
      if (example.index !== this.order.at(place + i))
        return refused('ORDER', step, `document ${example.index} is not what the seed chooses`);
      const known = this.checkExample(step, example);
      if (!known.ok) return known;
      tokens += example.ids.length - 1;
    }
    if (tokens < facts.plan.batchTokens)
      return refused('ORDER', step, 'it has fewer documents than it takes');
    if (examples.length !== facts.steps[step].examples)
      return refused('ORDER', step, `it took ${examples.length} documents, the manifest says otherwise`);
    for (const { index, ids, firstTarget } of examples) this.examples[index] = { ids, firstTarget };
    return ok();
  }

  private checkExample(step: number, example: OpenedExample): Result<void> {
    const { index, ids, firstTarget, path } = example;
    const { vocabSize, maxPositions } = this.model.config;
    const readable =
      ids.length >= 2 &&
      ids.length <= maxPositions + 1 &&
      ids.every((id) => Number.isInteger(id) && id >= 0 && id < vocabSize) &&
      Number.isInteger(firstTarget) &&
      firstTarget >= 1 &&
      firstTarget < ids.length;
    if (!readable) return refused('EXAMPLES', step, `document ${index} is none that the model can read`);
    const { learnt, root } = this.facts;
    const leaf = documentLeaf(example, this.sha256);
    return verifyInclusion(leaf, index, learnt, path, hexToBytes(root), this.sha256)
      ? ok()
      : refused('EXAMPLES', step, `document ${index} is not under the root of the manifest`);
  }

  private compare({ step, hash, tokens, loss }: StepReport): Result<void> {
    const stated = this.facts.steps[step];
    if (hash !== stated.hash) return refused('UPDATE', step, `the update gives ${hash}, not ${stated.hash}`);
    if (tokens === stated.tokens && loss === stated.loss) return ok();
    return refused('UPDATE', step, `${tokens} tokens with a loss of ${loss} are not what the manifest says`);
  }
}

function refused(part: string, step: number, detail: string): Result<never> {
  return err(new CodedError(`AUDIT_${part}`, `update ${step}: ${detail}`, { step }));
}
