import type { Yarn } from '../../../experts/tensorblock/architecture.js';
import type { ModelConfig } from '../../kernel/index.js';
import { exp64, log64, sin64 } from '../arithmetic/float64.js';

const { fround } = Math;
const TWO_PI = 6.283185307179586;

/** Cosines, then sines, of all angles at one position: float32 [headDim]. The angles are computed in float64. */
export function ropeAt(config: ModelConfig, position: number): Float32Array {
  const { headDim } = config;
  const { frequencies, factor } = frequenciesOf(config);
  const out = new Float32Array(headDim);
  frequencies.forEach((frequency, i) => {
    const angle = position * frequency;
    out[i] = sin64(angle, 1) * factor;
    out[headDim / 2 + i] = sin64(angle, 0) * factor;
  });
  return out;
}

/** Turns every head of a row: element i with element i + headDim / 2 (Su et al. 2021). */
export function rotateHeads(x: Float32Array, rope: Float32Array): Float32Array {
  const headDim = rope.length;
  const half = headDim / 2;
  const out = new Float32Array(x.length);
  for (let start = 0; start < x.length; start += headDim) {
    for (let i = 0; i < half; i++) {
      const [a, b, cosine, sine] = [x[start + i], x[start + half + i], rope[i], rope[half + i]];
      out[start + i] = fround(fround(a * cosine) - fround(b * sine));
      out[start + half + i] = fround(fround(b * cosine) + fround(a * sine));
    }
  }
  return out;
}

function frequenciesOf({ headDim, ropeTheta, architecture }: ModelConfig): {
  frequencies: number[];
  factor: number;
} {
  const logTheta = log64(fround(ropeTheta));
  const plain = Array.from({ length: headDim / 2 }, (_, i) => exp64((-(2 * i) / headDim) * logTheta));
  const yarn = architecture?.yarn;
  return yarn === undefined ? { frequencies: plain, factor: 1 } : stretch(plain, headDim, logTheta, yarn);
}

/** YaRN (Peng et al. 2023): kept below `low`, divided above `high`, mixed between. */
function stretch(plain: number[], headDim: number, logTheta: number, yarn: Yarn) {
  const { factor, originalPositions, attentionFactor } = yarn;
  const dimensionOf = (turns: number) =>
    (headDim * log64(originalPositions / (turns * TWO_PI))) / (2 * logTheta);
  let [low, high] = [dimensionOf(yarn.betaFast), dimensionOf(yarn.betaSlow)];
  if (yarn.truncate) [low, high] = [Math.floor(low), Math.ceil(high)];
  low = Math.max(low, 0);
  high = Math.min(high, headDim - 1);
  if (low === high) high += 0.001;
  const frequencies = plain.map((kept, i) => {
    const ramp = Math.min(Math.max((i - low) / (high - low), 0), 1);
    return (kept / factor) * ramp + kept * (1 - ramp);
  });
  return { frequencies, factor: attentionFactor ?? 0.1 * log64(factor) + 1 };
}
