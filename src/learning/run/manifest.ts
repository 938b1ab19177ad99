import type { Json } from '../../common/index.js';
import type { TrainedBlock } from '../source/trained-block.js';
import type { ReleaseModel } from '../source/release-model.js';
import type { TrainingPlan } from '../trainer/training-plan.js';
import type { RunOutcome } from './training-run.js';

/** Facts of a training that its manifest is made of. */
export interface ManifestParts {
  readonly model: ReleaseModel;
  readonly plan: TrainingPlan;
  /** SHA-256 of the training kernel. */
  readonly kernel: string;
  readonly data: {
    readonly hash: string;
    readonly bytes: number;
    readonly learnt: number;
    readonly unseen: number;
  };
  readonly blocks: readonly { readonly block: TrainedBlock; readonly hash: string; readonly file: string }[];
  readonly outcome: RunOutcome;
}

/**
 * What was trained from what and how: with the data file anybody can repeat any step and find the same hash. Version 1, described in
 * docs/formats/training-manifest.md.
 */
export function trainingManifest({ model, plan, kernel, data, blocks, outcome }: ManifestParts): Json {
  const { best, steps, checks, end } = outcome;
  return {
    version: 1,
    model: model.model,
    model_version: model.version,
    release: model.release,
    kernel,
    data: { ...data },
    plan: {
      blocks: [...plan.blocks],
      seed: plan.seed,
      batch_tokens: plan.batchTokens,
      micro_batch_tokens: plan.microBatchTokens,
      schedule: scheduleJson(plan),
      adam: adamJson(plan),
      balance: plan.balance,
    },
    blocks: blocks.map(({ block, hash, file }) => ({
      name: block.name,
      parent: model.blocks.get(block.name)?.hash ?? null,
      payload_hash: hash,
      payload_size: block.payload.length,
      file,
      tensors: block.tensors.map((tensor) => ({ ...tensor })),
    })),
    end,
    best: { ...best },
    checks: checks.map((check) => ({ ...check })),
    steps: steps.slice(0, best.step).map(({ hash, tokens, loss }) => ({ hash, tokens, loss })),
  };
}

function scheduleJson({ schedule: { peak, floor, warmUp, steps } }: TrainingPlan): Json {
  return { peak, floor, warm_up: warmUp, steps };
}

function adamJson({ adam: { beta1, beta2, epsilon, weightDecay, clip } }: TrainingPlan): Json {
  return { beta1, beta2, epsilon, weight_decay: weightDecay, clip };
}
