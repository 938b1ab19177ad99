import { unwrap } from '../../src/common/index.js';
import { TensorBlock } from '../../src/experts/tensorblock/index.js';
import type { BuiltModel } from '../../src/inference/kernel/model-builder.js';

type Vector = Float64Array;

/** The forward pass of Mixtral in float64, written from its definition and sharing nothing with the kernel. */
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
    const { heads, kvHeads, headDim } = this.built.model.config;
    const name = (tensor: string) => `layer${layer}.attention/${tensor}`;
    const normal = x.map((vector) => this.normalize(name('norm'), vector));
    const project = (tensor: string, turn: boolean) =>
      normal.map((vector, position) => {
        const out = this.multiply(name(tensor), vector);
        return turn ? this.rotate(out, position) : out;
      });
    const [q, k, v] = [project('q', true), project('k', true), project('v', false)];
    return x.map((vector, position) => {
      const mixed = new Float64Array(heads * headDim);
      for (let head = 0; head < heads; head++) {
        const shared = Math.floor(head / (heads / kvHeads));
        const scores: number[] = [];
        for (let j = 0; j <= position; j++) {
          let dot = 0;
          for (let i = 0; i < headDim; i++)
            dot += q[position][head * headDim + i] * k[j][shared * headDim + i];
          scores.push(dot / Math.sqrt(headDim));
        }
        softmax(scores).forEach((weight, j) => {
          for (let i = 0; i < headDim; i++) mixed[head * headDim + i] += weight * v[j][shared * headDim + i];
        });
      }
      return add(vector, this.multiply(name('o'), mixed), 1);
    });
  }

  private mixExperts(layer: number, x: Vector): Vector {
    const normal = this.normalize(`layer${layer}.router/norm`, x);
    const logits = [...this.multiply(`layer${layer}.router/weight`, normal)];
    const chosen = [...logits.keys()]
      .sort((a, b) => logits[b] - logits[a] || a - b)
      .slice(0, this.built.model.config.expertsPerToken);
    const weights = softmax(chosen.map((expert) => logits[expert]));
    return chosen.reduce((sum, expert, rank) => {
      const name = `layer${layer}.expert${expert}`;
      const gate = this.multiply(`${name}/gate`, normal);
      const up = this.multiply(`${name}/up`, normal);
      const hidden = gate.map((g, i) => (g / (1 + Math.exp(-g))) * up[i]);
      return add(sum, this.multiply(`${name}/down`, hidden), weights[rank]);
    }, x);
  }

  private rotate(x: Vector, position: number): Vector {
    const { headDim, ropeTheta } = this.built.model.config;
    const out = Float64Array.from(x);
    for (let start = 0; start < x.length; start += headDim) {
      for (let i = 0; i < headDim / 2; i++) {
        const angle = position * Math.fround(ropeTheta) ** ((-2 * i) / headDim);
        const [a, b] = [x[start + i], x[start + i + headDim / 2]];
        out[start + i] = a * Math.cos(angle) - b * Math.sin(angle);
        out[start + i + headDim / 2] = b * Math.cos(angle) + a * Math.sin(angle);
      }
    }
    return out;
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
