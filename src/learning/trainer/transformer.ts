import { leftOutOf, routerMask } from '../../experts/tensorblock/left-out.js';
import type { ModelConfig } from '../../experts/tensorblock/model-limits.js';
import type { Batch } from './batch.js';
import { attend, rotate } from './layers/attention.js';
import { linear, linearResidual, type LinearWeights } from './layers/linear.js';
import { crossEntropy, takeRows } from './layers/loss.js';
import { mixture, type RouterWeights } from './layers/mixture.js';
import { rmsNorm } from './layers/norm.js';
import type { ModelWeights } from './model-weights.js';
import { atOnce, type Pieces } from './pieces.js';
import { rotationTable } from './rotation-table.js';
import { type Tape, type Variable } from './tape.js';
import type { TrainingKernel } from './training-kernel.js';

/** Rows on their way through the model. */
export interface Stream {
  /** [rows][hidden]: the residual stream. */
  readonly x: Variable;
  /** The layer that comes next. */
  readonly layer: number;
}

/**
 * The forward pass of every model that inference serves, from the same definition (docs/formats/kernel.md) but with float32
 * activations: what is trained here is measured there.
 */
export class Transformer {
  private readonly rotations: number;
  /** Biases of routers that leave experts out, by layer. */
  private readonly masks = new Map<number, Variable>();
  /** Told, while it is set, how many rows each expert of a layer gets. */
  onRouted: ((layer: number, counts: readonly number[]) => void) | null = null;

  /** @param balance coefficient of the load-balancing loss; 0 where routers do not learn */
  constructor(
    private readonly kernel: TrainingKernel,
    readonly config: ModelConfig,
    readonly weights: ModelWeights,
    private readonly balance = 0,
  ) {
    this.rotations = rotationTable(kernel, config);
    for (let layer = 0; layer < config.layers; layer++) this.mask(layer);
  }

  /** The embeddings of a batch. */
  embed(tape: Tape, batch: Batch): Stream {
    return { x: takeRows(tape, this.weights.get('embedding', 'weight'), batch.tokens), layer: 0 };
  }

  /** One layer after the other, up to layer `end`. */
  advance(tape: Tape, stream: Stream, batch: Batch, end: number): Stream {
    return atOnce(this.advanceInPieces(tape, stream, batch, end));
  }

  /** `advance`, half a layer at a time. */
  *advanceInPieces(tape: Tape, stream: Stream, batch: Batch, end: number): Pieces<Stream> {
    let { x } = stream;
    for (let { layer } = stream; layer < end; layer++) {
      const mark = this.kernel.mark();
      const attended = this.attention(tape, x, batch, layer);
      yield;
      const next = this.experts(tape, attended, layer);
      x = next.needsGradient ? next : this.keepOnly(next, x, mark);
      yield;
    }
    return { x, layer: end };
  }

  /**
   * Cross-entropy of what the batch asks for, in the order of `batch.asking`.
   * @param factor on the gradient; 0 = none is wanted
   */
  losses(tape: Tape, stream: Stream, batch: Batch, factor: number): Float64Array {
    return atOnce(this.lossesInPieces(tape, stream, batch, factor));
  }

  /** `losses`, some rows at a time. */
  *lossesInPieces(tape: Tape, { x }: Stream, batch: Batch, factor: number): Pieces<Float64Array> {
    const { rmsEpsilon } = this.config;
    const asking = takeRows(tape, x, batch.asking);
    const normal = rmsNorm(tape, asking, this.weights.get('head', 'norm'), rmsEpsilon);
    const head = this.weights.get('head', 'weight');
    return yield* crossEntropy(tape, { x: normal, head, targets: batch.targets, factor });
  }

  private attention(tape: Tape, x: Variable, batch: Batch, layer: number): Variable {
    const { heads, kvHeads, headDim, rmsEpsilon, architecture } = this.config;
    const block = `layer${layer}.attention`;
    const n = rmsNorm(tape, x, this.weights.get(block, 'norm'), rmsEpsilon);
    const project = (name: string): Variable => {
      const y = linear(tape, n, this.linear(block, name));
      const norm = this.weights.optional(block, `${name}_norm`);
      const normal = norm === undefined ? y : rmsNorm(tape, y, norm, rmsEpsilon);
      if (name !== 'v') rotate(tape, normal, batch, headDim, this.rotations);
      return normal;
    };
    const [query, key, value] = ['q', 'k', 'v'].map(project);
    const sliding = architecture?.slidingWindow;
    const window = sliding?.layers.includes(layer) ? sliding.positions : 0;
    const sinks = this.weights.optional(block, 'sinks');
    const shape = { heads, kvHeads, headDim, window, sinks };
    return linearResidual(
      tape,
      x,
      attend(tape, { query, key, value }, batch, shape),
      this.linear(block, 'o'),
    );
  }

  private experts(tape: Tape, x: Variable, layer: number): Variable {
    const { rmsEpsilon, experts, expertsPerToken, architecture } = this.config;
    const block = `layer${layer}.router`;
    const n = rmsNorm(tape, x, this.weights.get(block, 'norm'), rmsEpsilon);
    const router: RouterWeights = {
      weight: this.weights.get(block, 'weight'),
      bias: this.masks.get(layer) ?? this.weights.optional(block, 'bias'),
      chosen: expertsPerToken,
      overAll: architecture?.routerSoftmax === 'all',
      balance: this.balance,
      onRouted: (counts) => this.onRouted?.(layer, counts),
    };
    const leftOut = leftOutOf(this.config, layer);
    const weights = Array.from({ length: experts }, (_, expert) => {
      if (leftOut.includes(expert)) return null;
      const name = `layer${layer}.expert${expert}`;
      return {
        gate: this.linear(name, 'gate'),
        up: this.linear(name, 'up'),
        down: this.linear(name, 'down'),
      };
    });
    return mixture(tape, { x, n }, router, weights, architecture?.clampedSwiglu ?? null);
  }

  /** The bias of a router that leaves experts out: its own, which does not learn then, and minus infinity. */
  private mask(layer: number): void {
    const mask = routerMask(this.config, layer);
    if (mask === null) return;
    const own = this.weights.optional(`layer${layer}.router`, 'bias');
    const address = this.kernel.allocate(mask.byteLength);
    const bias = own && this.kernel.floats(own.address, mask.length);
    this.kernel.floats(address, mask.length).set(mask.map((value, i) => value + (bias?.[i] ?? 0)));
    const columns = mask.length;
    this.masks.set(layer, { address, rows: 1, columns, needsGradient: false, gradient: 0 });
  }

  private linear(block: string, name: string): LinearWeights {
    return {
      weight: this.weights.get(block, name),
      bias: this.weights.optional(block, `${name}_bias`),
    };
  }

  /** Where nothing learns yet, all of a layer's memory but its output is given back. */
  private keepOnly(output: Variable, input: Variable, mark: number): Variable {
    const { kernel } = this;
    const elements = output.rows * output.columns;
    kernel.floats(input.address, elements).set(kernel.floats(output.address, elements));
    kernel.release(mark);
    return input;
  }
}
