import { CodedError } from '../../common/index.js';
import { attend, type Span } from './attention.js';
import type { ExpertTensors } from './expert-tensors.js';
import { runExperts } from './experts.js';
import { rmsNorm } from './norm.js';
import { rotationOf } from './rotation.js';
import { route } from './router.js';
import type { Tensor1D, Tensor2D, Tf } from './tensor-library.js';
import type { TensorModel } from './tensor-model.js';

/** Rows of a batch, and what is wanted of them. */
export interface Batch {
  /** Per row. */
  readonly tokens: readonly number[];
  /** All rows, in order. */
  readonly spans: readonly Span[];
  /** Rows whose logits are wanted, ascending. */
  readonly logitRows: readonly number[];
  /** Whether the final hidden states are wanted. */
  readonly wantsHidden: boolean;
}

/** What a batch gave. */
export interface Computed {
  /** Of `logitRows`, in that order: float32 [vocabSize] each. */
  readonly logits: readonly Float32Array[];
  /** Normed hidden states of all rows, row by row; null when nobody wanted them. */
  readonly hidden: Float32Array | null;
  /** Experts of every row, per layer: row * expertsPerToken + rank. */
  readonly routes: readonly Int32Array[];
  /** Rows that could not be computed, with the reason; the other rows are complete. */
  readonly failures: ReadonlyMap<number, CodedError>;
}

/** The forward pass: embedding, then for every layer attention, router and experts, then norm and logits. */
export class TensorForward {
  constructor(
    private readonly tf: Tf,
    private readonly experts: ExpertTensors,
  ) {}

  /** Computes a batch. Never two at a time: what a pass leaves on the backend is freed at its end. */
  async run(model: TensorModel, batch: Batch): Promise<Computed> {
    const engine = this.tf.engine();
    engine.startScope('forward');
    try {
      return await this.compute(model, batch);
    } finally {
      engine.endScope();
    }
  }

  private async compute(model: TensorModel, batch: Batch): Promise<Computed> {
    const { tf } = this;
    const { config } = model;
    const failures = new Map<number, CodedError>();
    const routes: Int32Array[] = [];
    const positions = batch.spans.flatMap(({ position, count }) =>
      Array.from({ length: count }, (_, i) => position + i),
    );
    const rotation = rotationOf(tf, config, positions);
    const table = model.embedding.get<Tensor2D>('weight');
    let residual = tf.gather(table, tf.tensor1d([...batch.tokens], 'int32')) as Tensor2D;
    for (let layer = 0; layer < config.layers; layer++) {
      const before = residual;
      residual = tf.tidy(() =>
        tf.add(before, attend(tf, config, layer, model.attention[layer], before, rotation, batch.spans)),
      );
      const router = model.routers[layer];
      const normed = rmsNorm(tf, residual, router.get<Tensor1D>('norm'), config.rmsEpsilon);
      const routing = await route(tf, config, layer, router, normed);
      routes.push(routing.experts);
      const output = runExperts(tf, model, layer, this.experts, normed, routing);
      output.failures.forEach((error, row) => failures.set(row, error));
      residual = tf.add(residual, output.sum);
    }
    return { ...(await this.finish(model, batch, residual, failures)), routes, failures };
  }

  private async finish(
    { config, head, release }: TensorModel,
    { logitRows, tokens, wantsHidden }: Batch,
    residual: Tensor2D,
    failures: Map<number, CodedError>,
  ): Promise<Pick<Computed, 'logits' | 'hidden'>> {
    const { tf } = this;
    if (logitRows.length === 0 && !wantsHidden) return { logits: [], hidden: null };
    const all = wantsHidden || logitRows.length === tokens.length;
    const wanted = all ? residual : tf.gather(residual, tf.tensor1d([...logitRows], 'int32'));
    const normed = rmsNorm(tf, wanted, head.get<Tensor1D>('norm'), config.rmsEpsilon);
    const hidden = wantsHidden ? ((await normed.data()) as Float32Array) : null;
    if (logitRows.length === 0) return { logits: [], hidden };
    const rows = wantsHidden ? tf.gather(normed, tf.tensor1d([...logitRows], 'int32')) : normed;
    const flat = (await tf.matMul(rows, head.get<Tensor2D>('weight')).data()) as Float32Array;
    const logits = logitRows.map((_, i) => flat.subarray(i * config.vocabSize, (i + 1) * config.vocabSize));
    logits.forEach((values, i) => {
      const row = logitRows[i];
      if (!failures.has(row) && !values.every(Number.isFinite)) failures.set(row, notFinite(release));
    });
    return { logits, hidden };
  }
}

function notFinite(release: string): CodedError {
  const message = `the weights of release ${release} give logits that are not finite`;
  return new CodedError('LOGITS_NOT_FINITE', message, { release }, 500);
}
