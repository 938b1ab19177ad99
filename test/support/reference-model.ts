import { unwrap } from '../../src/common/index.js';
import { TensorBlock } from '../../src/experts/tensorblock/index.js';
import type { BuiltModel } from '../../src/inference/kernel/model-builder.js';

type Vector = Float64Array;

/** The forward pass in float64, every part written from its definition and sharing nothing with the kernel. */
export class ReferenceModel {
  private readonly tensors = new Map<string, { rows: number; columns: number; values: Float32Array }>();

  constructor(private readonly built: BuiltModel) {
    for (const block of built.model.blocks) {
      const payload = built.payloads.get(block.name)!;
      for (const { name, offset, length } of block.tensors) {
        const tensor = unwrap(TensorBlock.decode(payload.subarray(offset, offset + length)));
        const { rows, columns } = tensor.plan;
        this.tensors.set(`${block.name}/${name}`, { rows, columns, values: tensor.rows(0, rows) });
      }
    }
  }

  /** The values of a tensor of a block; what is changed in them is computed with. */
  valuesOf(block: string, tensor: string): Float32Array {
    return this.tensors.get(`${block}/${tensor}`)!.values;
  }

  /** Logits at every position. */
  logits(ids: readonly number[]): Vector[] {
    const { config } = this.built.model;
    let x = ids.map((id) => this.row('embedding/weight', id));
    for (let layer = 0; layer < config.layers; layer++) {
      x = this.attend(layer, x);
      x = x.map((vector) => this.mixExperts(layer, vector));
    }
    return x.map((vector) => this.multiply('head/weight', this.normalize('head/norm', vector)));
  }

  private attend(layer: number, x: Vector[]): Vector[] {
    const { heads, kvHeads, headDim, architecture } = this.built.model.config;
    const name = (tensor: string) => `layer${layer}.attention/${tensor}`;
    const normal = x.map((vector) => this.normalize(name('norm'), vector));
    const project = (tensor: string, turn: boolean) =>
      normal.map((vector, position) => {
        const out = this.affine(name(tensor), vector);
        return turn ? this.rotate(this.normalizeHeads(name(`${tensor}_norm`), out), position) : out;
      });
    const [q, k, v] = [project('q', true), project('k', true), project('v', false)];
    const sinks = architecture?.attentionSinks ? this.row(name('sinks'), 0) : null;
    const window = architecture?.slidingWindow;
    const seen = window?.layers.includes(layer) ? window.positions : Infinity;
    return x.map((vector, position) => {
      const mixed = new Float64Array(heads * headDim);
      const first = Math.max(0, position - seen + 1);
      for (let head = 0; head < heads; head++) {
        const shared = Math.floor(head / (heads / kvHeads));
        const scores: number[] = [];
        for (let j = first; j <= position; j++) {
          let dot = 0;
          for (let i = 0; i < headDim; i++)
            dot += q[position][head * headDim + i] * k[j][shared * headDim + i];
          scores.push(dot / Math.sqrt(headDim));
        }
        const weights = softmax(sinks ? [...scores, sinks[head]] : scores).slice(0, scores.length);
        weights.forEach((weight, j) => {
          for (let i = 0; i < headDim; i++)
            mixed[head * headDim + i] += weight * v[first + j][shared * headDim + i];
        });
      }
      return add(vector, this.affine(name('o'), mixed), 1);
    });
  }

  private mixExperts(layer: number, x: Vector): Vector {
    const { expertsPerToken, architecture } = this.built.model.config;
    const normal = this.normalize(`layer${layer}.router/norm`, x);
    const router = this.multiply(`layer${layer}.router/weight`, normal);
    const leftOut = architecture?.leftOut?.find((entry) => entry.layer === layer)?.experts ?? [];
    const logits = [
      ...(architecture?.routerBias ? add(router, this.row(`layer${layer}.router/bias`, 0), 1) : router),
    ].map((logit, expert) => (leftOut.includes(expert) ? -Infinity : logit));
    const chosen = [...logits.keys()]
      .sort((a, b) => logits[b] - logits[a] || a - b)
      .slice(0, expertsPerToken);
    const all = softmax(logits);
    const weights =
      architecture?.routerSoftmax === 'all'
        ? chosen.map((expert) => all[expert])
        : softmax(chosen.map((expert) => logits[expert]));
    return chosen.reduce((sum, expert, rank) => {
      const name = `layer${layer}.expert${expert}`;
      const hidden = this.activate(this.affine(`${name}/gate`, normal), this.affine(`${name}/up`, normal));
      return add(sum, this.affine(`${name}/down`, hidden), weights[rank]);
    }, x);
  }

  private activate(gate: Vector, up: Vector): Vector {
    const clamp = this.built.model.config.architecture?.clampedSwiglu;
    if (clamp === undefined) return gate.map((g, i) => (g / (1 + Math.exp(-g))) * up[i]);
    const { alpha, limit } = clamp;
    return gate.map((value, i) => {
      const g = Math.min(value, limit);
      return (Math.min(Math.max(up[i], -limit), limit) + 1) * (g / (1 + Math.exp(-alpha * g)));
    });
  }

  /** A projection with its bias, where the model has one. */
  private affine(name: string, x: Vector): Vector {
    const out = this.multiply(name, x);
    return this.tensors.has(`${name}_bias`) ? add(out, this.row(`${name}_bias`, 0), 1) : out;
  }

  private normalizeHeads(name: string, x: Vector): Vector {
    const { headDim, architecture } = this.built.model.config;
    if (architecture?.queryKeyNorm === undefined) return x;
    if (architecture.queryKeyNorm === 'width') return this.normalize(name, x);
    const out = new Float64Array(x.length);
    for (let start = 0; start < x.length; start += headDim)
      out.set(this.normalize(name, x.slice(start, start + headDim)), start);
    return out;
  }

  private rotate(x: Vector, position: number): Vector {
    const { headDim } = this.built.model.config;
    const factor = this.ropeFactor();
    const out = Float64Array.from(x);
    for (let start = 0; start < x.length; start += headDim) {
      for (let i = 0; i < headDim / 2; i++) {
        const angle = position * this.frequency(i);
        const [a, b] = [x[start + i], x[start + i + headDim / 2]];
        out[start + i] = factor * (a * Math.cos(angle) - b * Math.sin(angle));
        out[start + i + headDim / 2] = factor * (b * Math.cos(angle) + a * Math.sin(angle));
      }
    }
    return out;
  }

  private ropeFactor(): number {
    const yarn = this.built.model.config.architecture?.yarn;
    return yarn ? (yarn.attentionFactor ?? 0.1 * Math.log(yarn.factor) + 1) : 1;
  }

  private frequency(i: number): number {
    const { headDim, ropeTheta, architecture } = this.built.model.config;
    const theta = Math.fround(ropeTheta);
    const plain = theta ** ((-2 * i) / headDim);
    const yarn = architecture?.yarn;
    if (yarn === undefined) return plain;
    const dimensionOf = (turns: number) =>
      (headDim * Math.log(yarn.originalPositions / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
    const [fast, slow] = [dimensionOf(yarn.betaFast), dimensionOf(yarn.betaSlow)];
    const low = Math.max(yarn.truncate ? Math.floor(fast) : fast, 0);
    const high = Math.min(yarn.truncate ? Math.ceil(slow) : slow, headDim - 1);
    const ramp = Math.min(Math.max((i - low) / (high === low ? 0.001 : high - low), 0), 1);
    return (plain / yarn.factor) * ramp + plain * (1 - ramp);
  }

  private normalize(name: string, x: Vector): Vector {
    const weight = this.row(name, 0);
    const square = x.reduce((sum, value) => sum + value * value, 0) / x.length;
    const factor = 1 / Math.sqrt(square + this.built.model.config.rmsEpsilon);
    return x.map((value, i) => value * factor * weight[i]);
  }

  private row(name: string, row: number): Vector {
    const { columns, values } = this.tensors.get(name)!;
    return Float64Array.from(values.subarray(row * columns, (row + 1) * columns));
  }

  private multiply(name: string, x: Vector): Vector {
    const { rows, columns, values } = this.tensors.get(name)!;
    const out = new Float64Array(rows);
    for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[r] += values[r * columns + c] * x[c];
    return out;
  }
}

function softmax(values: readonly number[]): number[] {
  const greatest = Math.max(...values);
  const weights = values.map((value) => Math.exp(value - greatest));
  const sum = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / sum);
}

function add(x: Vector, y: Vector, factor: number): Vector {
  return x.map((value, i) => value + factor * y[i]);
}
