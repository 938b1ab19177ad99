import { bytesToHex, unwrap } from '../../../common/index.js';
import type { MerkleTree } from '../../../common/merkle-tree.js';
import type { TokenSequence } from '../../trainer/batch.js';
import { linkOfState, momentHashes, NO_STEP, trainedSizes, valuesIn } from '../../trainer/state-link.js';
import type { Trainer } from '../../trainer/trainer.js';
import type { TrainingPlan } from '../../trainer/training-plan.js';
import type { AuditFacts, StatedUpdate } from '../audit-facts.js';
import { documentTree } from '../document-tree.js';
import { trainedValues, type EndCheckParts } from '../end-check.js';
import type { EndOpening, UpdateOpening } from '../opening.js';

/** What trainings are made with. */
export interface Workshop extends EndCheckParts {
  readonly plan: TrainingPlan;
  readonly documents: readonly TokenSequence[];
  readonly steps: number;
  createTrainer(plan: TrainingPlan, documents: readonly TokenSequence[]): Trainer;
}

/** In what a training is not what is said of it. */
export interface Deceit {
  /** What is learnt in truth. */
  readonly documents?: readonly TokenSequence[];
  /** By which plan it is learnt in truth. */
  readonly plan?: Partial<TrainingPlan>;
  /** The state that is committed after an update. @param after what the update gave @param before what it began with */
  after?(step: number, after: Float32Array, before: Float32Array): Float32Array;
}

/** A training of which every state is known. */
export interface RecordedTraining {
  readonly facts: AuditFacts;
  /** Before each update, and at last after all of them. */
  readonly states: readonly Float32Array[];
  /** Documents of each update, by place in the file. */
  readonly taken: readonly (readonly number[])[];
  /** What was learnt in truth. */
  readonly learnt: readonly TokenSequence[];
  readonly tree: MerkleTree;
}

/** Trains with all states kept, and commits to it; the commitment is of the stated plan and documents whatever was done. */
export function recordTraining(workshop: Workshop, deceit: Deceit = {}): RecordedTraining {
  const { config, plan, documents, sha256 } = workshop;
  const sizes = trainedSizes(config, plan.blocks);
  const learnt = deceit.documents ?? documents;
  const trainer = workshop.createTrainer({ ...plan, ...deceit.plan }, learnt);
  const states = [trainer.state().values];
  const initial = linkOfState(NO_STEP, states[0], sizes, sha256);
  const taken: number[][] = [];
  const steps: StatedUpdate[] = [];
  let place = 0;
  for (let step = 0; step < workshop.steps; step++) {
    taken.push(trainer.upcoming());
    const { tokens, examples, loss } = unwrap(trainer.step());
    place += examples;
    const made = trainer.state().values;
    const values = deceit.after?.(step, made, states[step]) ?? made;
    const hash = linkOfState(steps.at(-1)?.hash ?? NO_STEP, values, sizes, sha256);
    trainer.restore({ step: step + 1, place, hash, values });
    states.push(values);
    steps.push({ hash, tokens, examples, loss });
  }
  const tree = documentTree(documents, sha256);
  const facts: AuditFacts = {
    ...{ kernel: '0'.repeat(64), plan, learnt: documents.length, root: bytesToHex(tree.root) },
    ...{ datasets: [], initial, steps, blocks: payloadsOf(workshop, states[workshop.steps]) },
  };
  return { facts, states, taken, learnt, tree };
}

/** The opening of an update as it was made. */
export function openRecorded({ states, taken, learnt, tree }: RecordedTraining, step: number): UpdateOpening {
  const examples = taken[step].map((index) => ({ index, ...learnt[index], path: tree.path(index) }));
  return { step, state: states[step], examples };
}

/** The opening of the end. */
export function openEnd({ states }: RecordedTraining, { config, plan, sha256 }: Workshop): EndOpening {
  const state = states[states.length - 1];
  const sizes = trainedSizes(config, plan.blocks);
  return { values: valuesIn(state, sizes), moments: momentHashes(state, sizes, sha256) };
}

/** Names and hashes of the trained blocks with the values of a state. */
export function payloadsOf(workshop: Workshop, state: Float32Array): AuditFacts['blocks'] {
  const { config, plan, sha256, encode } = workshop;
  const values = valuesIn(state, trainedSizes(config, plan.blocks));
  const valuesOf = trainedValues(config, plan.blocks, values);
  return plan.blocks.map((name) => ({ name, payloadHash: bytesToHex(sha256(encode(name, valuesOf))) }));
}
