import type { EngineStats } from '../kernel/index.js';
import type { TensorModel } from './tensor-model.js';

/** What the fast lane does not have. */
const ABSENT = {
  threads: 1,
  foresight: null,
  prefixCache: { pages: 0, bytes: 0, idleBytes: 0, hits: 0, misses: 0, evictions: 0 },
  speculation: { drafted: 0, accepted: 0, verifications: 0 },
} as const;

/** The engine's figures, experts included. */
export function statsOf(
  models: readonly TensorModel[],
  figures: Omit<EngineStats, keyof typeof ABSENT | 'models'>,
): EngineStats {
  return { ...figures, ...ABSENT, models: models.map(expertFigures) };
}

function expertFigures({ release, config, experts }: TensorModel): EngineStats['models'][number] {
  return {
    release,
    layers: config.layers,
    experts: experts.flatMap((place, i) => {
      if (place === null) return [];
      const { tokens, tensors, loads, loadMs } = place;
      return [
        {
          ...{ layer: Math.floor(i / config.experts), expert: i % config.experts, tokens },
          ...{ resident: tensors !== null, loads, meanLoadMs: loads > 0 ? loadMs / loads : 0 },
        },
      ];
    }),
  };
}
