import { exp32 } from '../arithmetic/float32.js';
import type { ModelConfig } from '../../kernel/index.js';

const { fround } = Math;

/** What goes into the down projection: SwiGLU (Shazeer 2020) or its clamped form, element by element. */
export function activate({ architecture }: ModelConfig, gate: Float32Array, up: Float32Array): Float32Array {
  const clamped = architecture?.clampedSwiglu;
  if (clamped === undefined) return gate.map((g, i) => fround(g / fround(1 + exp32(-g))) * up[i]);
  const [alpha, limit] = [fround(clamped.alpha), fround(clamped.limit)];
  return gate.map((value, i) => {
    const g = Math.min(value, limit);
    const u = Math.max(Math.min(up[i], limit), -limit);
    const glu = fround(g / fround(1 + exp32(-fround(alpha * g))));
    return fround(u + 1) * glu;
  });
}
