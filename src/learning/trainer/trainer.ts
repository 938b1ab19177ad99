import { CodedError } from '../../common/errors.js';
import type { Sha256 } from '../../common/hash.js';
import { err, ok, type Result } from '../../common/result.js';
import type { ModelConfig } from '../../experts/tensorblock/model-limits.js';
import { Adam } from './adam.js';
import { packBatch, type Batch, type TokenSequence } from './batch.js';
import { ExampleOrder } from './example-order.js';
import { ModelWeights, type WeightValues } from './model-weights.js';
import { atOnce, type Pieces } from './pieces.js';
import { PrefixStore } from './prefix-store.js';
import { learningRate } from './schedule.js';
import { NO_STEP, partHash, stateLink } from './state-link.js';
import { Tape } from './tape.js';
import type { TrainingKernel } from './training-kernel.js';
import type { TrainingPlan } from './training-plan.js';
import { Transformer, type Stream } from './transformer.js';

/** What one update did. */
export interface StepReport {
  /** From 0. */
  readonly step: number;
  /** Mean cross-entropy before the update, natural logarithm. */
  readonly loss: number;
  /** Length of the gradient before it was clipped. */
  readonly gradientNorm: number;
  readonly learningRate: number;
  /** Tokens whose next one was asked for. */
  readonly tokens: number;
  /** Examples it was made from. */
  readonly examples: number;
  /** SHA-256 over the step before it and the state after it: two trainings that agree here agree in everything before. */
  readonly hash: string;
}

/** What a trainer works with. */
export interface TrainerParts {
  readonly kernel: TrainingKernel;
  readonly config: ModelConfig;
  readonly valuesOf: WeightValues;
  readonly sha256: Sha256;
  /** Most bytes of outputs of the frozen layers to keep. */
  readonly prefixBytes: number;
}

/** A point of a training that it can go on from. */
export interface TrainerState {
  readonly step: number;
  /** Examples taken so far, over all epochs. */
  readonly place: number;
  readonly hash: string;
  /** As `Adam.state`. */
  readonly values: Float32Array;
}

/**
 * Trains some blocks of a model while all others stay as they are. The same model, examples and plan give the same bits after every
 * step, on any number of threads and any machine.
 */
export class Trainer {
  private readonly weights: ModelWeights;
  private readonly transformer: Transformer;
  private readonly adam: Adam;
  private readonly order: ExampleOrder;
  private readonly prefixes: PrefixStore;
  /** Layers before the first one that learns. */
  private readonly frozen: number;
  private place = 0;
  private hash = NO_STEP;

  /** @param examples at least one; each within the model's context */
  constructor(
    private readonly parts: TrainerParts,
    private readonly plan: TrainingPlan,
    private readonly examples: readonly TokenSequence[],
  ) {
    const { kernel, config, valuesOf, sha256, prefixBytes } = parts;
    const trained = new Set(plan.blocks);
    this.weights = new ModelWeights(kernel, config, valuesOf, trained);
    this.transformer = new Transformer(kernel, config, this.weights, plan.balance);
    const variables = plan.blocks.flatMap((block) => [...this.weights.tensorsOf(block).values()]);
    this.adam = new Adam(kernel, variables, plan.adam);
    this.order = new ExampleOrder(plan.seed, examples.length, sha256);
    this.prefixes = new PrefixStore(prefixBytes);
    this.frozen = firstLearningLayer(config, trained);
  }

  /** Updates made so far. */
  get steps(): number {
    return this.adam.steps;
  }

  /** One update. Refuses with `TRAINING_DIVERGED` when the gradient is no number; the weights are then as before. */
  step(): Result<StepReport> {
    return atOnce(this.stepInPieces());
  }

  /** `step`, in pieces of half a layer or less. The update is whole when the last one is done, and not there before. */
  *stepInPieces(): Pieces<Result<StepReport>> {
    const { plan, adam } = this;
    const taken = this.upcoming();
    const asked = taken.reduce((sum, example) => sum + askedOf(this.examples[example]), 0);
    let loss = 0;
    for (const batch of this.microBatches(taken)) {
      const sum = yield* this.learn(batch, 1 / asked);
      loss += sum;
    }
    const step = adam.steps;
    const gradientNorm = adam.gradientNorm();
    yield;
    if (!Number.isFinite(gradientNorm) || !Number.isFinite(loss)) {
      adam.forget();
      const message = `step ${step} has a loss of ${loss / asked} and a gradient of ${gradientNorm}: lower the learning rate`;
      return err(new CodedError('TRAINING_DIVERGED', message, { step }));
    }
    const rate = learningRate(plan.schedule, step);
    adam.step(rate, gradientNorm);
    this.place += taken.length;
    this.hash = yield* this.chain();
    const { hash } = this;
    const counts = { tokens: asked, examples: taken.length };
    return ok({ step, loss: loss / asked, gradientNorm, learningRate: rate, ...counts, hash });
  }

  /** Mean cross-entropy of some examples with the weights as they are, natural logarithm. */
  evaluate(examples: readonly TokenSequence[]): number {
    return atOnce(this.evaluateInPieces(examples));
  }

  /** `evaluate`, in pieces of half a layer or less. */
  *evaluateInPieces(examples: readonly TokenSequence[]): Pieces<number> {
    const found = yield* this.lossesInPieces(examples);
    const losses = found.flatMap((of) => [...of]);
    return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  }

  /** Cross-entropy of every token that the examples ask for, by example. */
  lossesOf(examples: readonly TokenSequence[]): Float64Array[] {
    return atOnce(this.lossesInPieces(examples));
  }

  private *lossesInPieces(examples: readonly TokenSequence[]): Pieces<Float64Array[]> {
    const { kernel, config } = this.parts;
    const found: Float64Array[] = [];
    for (const example of examples) {
      const mark = kernel.mark();
      const tape = new Tape(kernel);
      const batch = packBatch(kernel, [example]);
      const start = this.transformer.embed(tape, batch);
      const end = yield* this.transformer.advanceInPieces(tape, start, batch, config.layers);
      found.push(yield* this.transformer.lossesInPieces(tape, end, batch, 0));
      kernel.release(mark);
    }
    return found;
  }

  /** The values of a tensor now. */
  values(block: string, tensor: string): Float32Array {
    return this.weights.values(block, tensor);
  }

  /** Where the training stands, to go on from later. */
  state(): TrainerState {
    const parts = [...this.adam.state()];
    const values = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
    let offset = 0;
    for (const part of parts) {
      values.set(part, offset);
      offset += part.length;
    }
    return { step: this.adam.steps, place: this.place, hash: this.hash, values };
  }

  /** Goes on from there. */
  restore({ step, place, hash, values }: TrainerState): void {
    this.adam.restore(values, step);
    this.place = place;
    this.hash = hash;
  }

  /** The examples of the next update, by their numbers. */
  upcoming(): number[] {
    const taken: number[] = [];
    for (let tokens = 0; tokens < this.plan.batchTokens;) {
      const example = this.order.at(this.place + taken.length);
      taken.push(example);
      tokens += this.examples[example].ids.length - 1;
    }
    return taken;
  }

  private *microBatches(taken: readonly number[]): Generator<number[]> {
    let batch: number[] = [];
    let tokens = 0;
    for (const example of taken) {
      batch.push(example);
      tokens += this.examples[example].ids.length - 1;
      if (tokens < this.plan.microBatchTokens) continue;
      yield batch;
      batch = [];
      tokens = 0;
    }
    if (batch.length > 0) yield batch;
  }

  /** Adds the gradients of some examples. @returns the sum of their losses */
  private *learn(examples: readonly number[], factor: number): Pieces<number> {
    const { kernel, config } = this.parts;
    const mark = kernel.mark();
    const tape = new Tape(kernel);
    const batch = packBatch(
      kernel,
      examples.map((example) => this.examples[example]),
    );
    const start = yield* this.frozenPart(tape, batch, examples);
    const end = yield* this.transformer.advanceInPieces(tape, start, batch, config.layers);
    const losses = yield* this.transformer.lossesInPieces(tape, end, batch, factor);
    yield* tape.backwardInPieces();
    kernel.release(mark);
    return losses.reduce((sum, loss) => sum + loss, 0);
  }

  /** The batch before the first layer that learns, from the store where it is known. */
  private *frozenPart(tape: Tape, batch: Batch, examples: readonly number[]): Pieces<Stream> {
    if (this.frozen === 0) return this.transformer.embed(tape, batch);
    const { kernel, config } = this.parts;
    const x = tape.variable(batch.rows, config.hiddenSize, false);
    const rows = kernel.floats(x.address, batch.rows * config.hiddenSize);
    const missing = examples.filter((example) => this.prefixes.get(example) === undefined);
    const fresh = yield* this.computeFrozen(missing);
    let offset = 0;
    for (const example of examples) {
      const values = fresh.get(example) ?? this.prefixes.get(example);
      if (values === undefined) throw new Error('an example was computed and is gone');
      rows.set(values, offset);
      offset += values.length;
    }
    for (const [example, values] of fresh) this.prefixes.put(example, values);
    return { x, layer: this.frozen };
  }

  /** Rows do not see other sequences, so it makes no difference which examples are computed together. */
  private *computeFrozen(examples: readonly number[]): Pieces<Map<number, Float32Array>> {
    if (examples.length === 0) return new Map();
    const { kernel, config } = this.parts;
    const mark = kernel.mark();
    const tape = new Tape(kernel);
    const sequences = examples.map((example) => this.examples[example]);
    const batch = packBatch(kernel, sequences);
    const start = this.transformer.embed(tape, batch);
    const { x } = yield* this.transformer.advanceInPieces(tape, start, batch, this.frozen);
    const all = kernel.floats(x.address, batch.rows * config.hiddenSize);
    const found = new Map<number, Float32Array>();
    let offset = 0;
    examples.forEach((example, i) => {
      const size = (sequences[i].ids.length - 1) * config.hiddenSize;
      found.set(example, Float32Array.from(all.subarray(offset, offset + size)));
      offset += size;
    });
    kernel.release(mark);
    return found;
  }

  private *chain(): Pieces<string> {
    const { sha256 } = this.parts;
    const hashes: Uint8Array[] = [];
    for (const part of this.adam.state()) {
      hashes.push(partHash(part, sha256));
      yield;
    }
    return stateLink(this.hash, hashes, sha256);
  }
}

function askedOf({ ids, firstTarget }: TokenSequence): number {
  return ids.length - firstTarget;
}

/** The first layer in which a block learns; 0 when the embedding does, and all of them when only the head does. */
function firstLearningLayer({ layers }: ModelConfig, trained: ReadonlySet<string>): number {
  if (trained.has('embedding')) return 0;
  const numbers = [...trained].flatMap((name) => /^layer(\d+)\./.exec(name)?.[1] ?? []).map(Number);
  return Math.min(layers, ...numbers);
}
