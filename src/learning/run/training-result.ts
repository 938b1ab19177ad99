import { bytesToHex, utf8ToBytes, type Json, type Sha256 } from '../../common/index.js';
import { documentTree } from '../audit/document-tree.js';
import type { ReleaseModel } from '../source/release-model.js';
import { encodeTrainedBlock } from '../source/trained-block.js';
import { linkOfState, NO_STEP, trainedSizes } from '../trainer/state-link.js';
import { lossCurve } from './loss-curve.js';
import { trainingManifest } from './manifest.js';
import type { TrainingExamples } from './read-examples.js';
import type { TrainingJob } from './training-job.js';
import type { RunOutcome } from './training-run.js';

/** A training that has ended, and what it was made from. */
export interface EndedTraining {
  readonly model: ReleaseModel;
  readonly job: Pick<TrainingJob, 'trainer' | 'plan'>;
  /** SHA-256 and length of the file. */
  readonly data: { readonly hash: string; readonly bytes: number; readonly examples: TrainingExamples };
  /** Hashes of the blocks of chain D that the file comes from. */
  readonly datasets: readonly string[];
  /** SHA-256 of the training kernel. */
  readonly kernel: string;
  /** Of `initialLink`, before the first update. */
  readonly initial: string;
  /** Updates between two states that were kept. */
  readonly keepEvery: number;
  readonly outcome: RunOutcome;
}

/** What is left of a training: its manifest, and all files with it, by name. */
export interface TrainingResult {
  readonly manifest: Json;
  /** Payloads of the trained blocks by the blocks' names. */
  readonly payloads: ReadonlyMap<string, Uint8Array>;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** The link of a training's state before its first update. */
export function initialLink(
  { config }: ReleaseModel,
  { trainer, plan }: Pick<TrainingJob, 'trainer' | 'plan'>,
  sha256: Sha256,
): string {
  return linkOfState(NO_STEP, trainer.state().values, trainedSizes(config, plan.blocks), sha256);
}

/** The files of a training: `<expert>.tensorblock`, `manifest.json`, `loss.svg`. The same training gives the same bytes everywhere. */
export function trainingResult(ended: EndedTraining, sha256: Sha256): TrainingResult {
  const { model, job, data, datasets, kernel, initial, keepEvery, outcome } = ended;
  const { trainer, plan } = job;
  const blocks = plan.blocks.map((name) => {
    const block = encodeTrainedBlock(model, name, (of, tensor) => trainer.values(of, tensor));
    return { block, hash: bytesToHex(sha256(block.payload)), file: `${name}.tensorblock` };
  });
  const { learnt, unseen } = data.examples;
  const facts = {
    ...{ hash: data.hash, bytes: data.bytes, learnt: learnt.length, unseen: unseen.length },
    root: bytesToHex(documentTree(learnt, sha256).root),
    datasets,
  };
  const parts = { model, plan, kernel, data: facts, initial, checkpointEvery: keepEvery, blocks, outcome };
  const manifest = trainingManifest(parts);
  const title = `${model.model}@${model.version}: ${plan.blocks.join(', ')}`;
  return {
    manifest,
    payloads: new Map(blocks.map(({ block }) => [block.name, block.payload])),
    files: new Map([
      ...blocks.map(({ block, file }) => [file, block.payload] as const),
      ['manifest.json', utf8ToBytes(`${JSON.stringify(manifest, null, 1)}\n`)],
      ['loss.svg', utf8ToBytes(lossCurve(title, outcome.steps, outcome.checks))],
    ]),
  };
}
