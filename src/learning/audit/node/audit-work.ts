import { readFile } from 'node:fs/promises';
import type { CodedError } from '../../../common/index.js';
import { nativeSha256 } from '../../../common/native-hash.js';
import { growModel } from '../../growth/grow-model.js';
import type { ReleaseModel } from '../../source/release-model.js';
import { tensorValues } from '../../source/tensor-values.js';
import { encodeTrainedBlock } from '../../source/trained-block.js';
import { compileTraining } from '../../trainer/node/compile-training.js';
import { createTrainingMemory, TrainingKernel } from '../../trainer/training-kernel.js';
import { auditOpening } from '../audit.js';
import type { AuditFacts } from '../audit-facts.js';
import type { CarryOutHere } from '../update-replayer.js';
import { decodeOpening } from '../opening-codec.js';
import type { DataFigures } from '../shown-data.js';
import { shownData, type DataInput } from './shown-data-work.js';

/** What the thread of an audit is given; all of it can be cloned. */
export interface AuditInput {
  readonly facts: AuditFacts;
  /** The updates that were drawn, ascending. */
  readonly drawn: readonly number[];
  /** File with the opening. */
  readonly path: string;
  /** The release that was trained from. */
  readonly model: ReleaseModel;
  /** The built training kernel. */
  readonly kernelPath: string;
  /** Where the shown documents are looked for. */
  readonly data: DataInput;
}

/** What an audit found: why it refuses, or in which datasets the shown documents stand. */
export type AuditFinding =
  | { readonly refusal: { readonly code: string; readonly message: string } }
  | { readonly refusal: null; readonly data: DataFigures };

/** What the thread tells: updates that are done, and at last the finding. */
export type AuditMessage = { readonly done: number } | AuditFinding;

/** Replays an opening on the calling thread, resting as `carryOut` does. Throws where this machine cannot train at all, `TRAINING_MEMORY` where it is too large. */
export async function auditFile(
  input: AuditInput,
  progress: (done: number) => void,
  carryOut?: CarryOutHere,
): Promise<AuditFinding> {
  const { path, facts, drawn } = input;
  const opening = decodeOpening(new Uint8Array(await readFile(path)));
  if (!opening.ok) return refusalOf(opening.error);
  const grown = growModel(input.model, facts.plan.newExperts ?? []);
  if (!grown.ok) return refusalOf(grown.error);
  const model = grown.value;
  const module = compileTraining(Uint8Array.from(await readFile(input.kernelPath)));
  const longest = model.config.maxPositions + 1;
  const kernel = TrainingKernel.create(module, createTrainingMemory(), 1, longest);
  const parts = {
    model: {
      config: model.config,
      valuesOf: (block: string, tensor: string) => tensorValues(model, block, tensor),
    },
    encode: (name: string, valuesOf: (block: string, tensor: string) => Float32Array) =>
      encodeTrainedBlock(model, name, valuesOf).payload,
    ...{ kernel, sha256: nativeSha256, progress, ...(carryOut !== undefined && { carryOut }) },
  };
  const audited = auditOpening(facts, drawn, opening.value, parts);
  if (!audited.ok) return refusalOf(audited.error);
  return { refusal: null, data: await shownData(opening.value, model.tokenizer, input.data) };
}

function refusalOf({ code, message }: CodedError): AuditFinding {
  return { refusal: { code, message } };
}
