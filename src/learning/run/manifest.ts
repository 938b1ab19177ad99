import type { Json } from '../../common/index.js';
import type { TrainedBlock } from '../source/trained-block.js';
import type { ReleaseModel } from '../source/release-model.js';
import type { TrainingPlan } from '../trainer/training-plan.js';
import { planJson } from './plan-json.js';
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
    /** RFC 6962 root over the documents that were learnt. */
    readonly root: string;
    /** Hashes of the blocks of chain D that the file comes from. */
    readonly datasets: readonly string[];
  };
  /** The link of the state before the first update. */
  readonly initial: string;
  /** Updates between two states that are kept. */
  readonly checkpointEvery: number;
  readonly blocks: readonly { readonly block: TrainedBlock; readonly hash: string; readonly file: string }[];
  readonly outcome: RunOutcome;
}

/**
 * What was trained from what and how: with the data file anybody can repeat any step and find the same hash, and without it any step whose
 * state and documents are shown. Version 2, described in docs/formats/training-manifest.md.
 */
export function trainingManifest(parts: ManifestParts): Json {
  const { model, plan, kernel, data, blocks, outcome } = parts;
  const { best, steps, checks, end } = outcome;
  return {
    version: 2,
    model: model.model,
    model_version: model.version,
    release: model.release,
    kernel,
    data: { ...data, datasets: [...data.datasets] },
    plan: planJson(plan),
    initial: parts.initial,
    checkpoint_every: parts.checkpointEvery,
    blocks: blocks.map(({ block, hash, file }) => ({
      name: block.name,
      parent: model.blocks.get(block.name)?.hash ?? null,
      ...fromOf(plan, block.name),
      payload_hash: hash,
      payload_size: block.payload.length,
      file,
      tensors: block.tensors.map((tensor) => ({ ...tensor })),
    })),
    end,
    best: { ...best },
    checks: checks.map((check) => ({ ...check })),
    steps: steps
      .slice(0, best.step)
      .map(({ hash, tokens, examples, loss }) => ({ hash, tokens, examples, loss })),
  };
}

/** Of a new expert: which one it began as. */
function fromOf({ newExperts }: TrainingPlan, name: string): { readonly from?: string } {
  const added = newExperts?.find((expert) => expert.name === name);
  return added === undefined ? {} : { from: added.from };
}
