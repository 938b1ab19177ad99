import type { ModelConfig } from '../../experts/tensorblock/model-limits.js';
import type { TrainingKernel } from './training-kernel.js';

/** f32 [positions][headDim]: cosines, then sines, of every position a sequence may have; the same bits as in inference. */
export function rotationTable(kernel: TrainingKernel, config: ModelConfig): number {
  const { headDim, ropeTheta, maxPositions, architecture } = config;
  const frequencies = kernel.allocate((headDim / 2 + 1) * 8);
  const yarn = architecture?.yarn;
  if (yarn === undefined) kernel.exports.frequencies(frequencies, headDim, ropeTheta);
  else {
    const { factor, originalPositions, betaFast, betaSlow, truncate, attentionFactor } = yarn;
    const given = attentionFactor ?? 0;
    kernel.exports.yarnFrequencies(
      ...([frequencies, headDim, ropeTheta, factor] as const),
      ...([originalPositions, betaFast, betaSlow, truncate, given] as const),
    );
  }
  const positions = Math.min(maxPositions, kernel.longest);
  const table = kernel.allocate(positions * headDim * 4);
  kernel.exports.rotations(frequencies, headDim, positions, table);
  return table;
}
