import type { ModelConfig } from '../kernel/index.js';
import { operatorsOf, sectionCount } from './place.js';
import { OPERATORS } from './referee/operators.js';

/** Multiplications of computing an answer once, from its prompt's first token to its last one's logits. */
export function generationWork(config: ModelConfig, promptTokens: number, outputTokens: number): number {
  let work = 0;
  for (let position = 0; position < promptTokens + outputTokens - 1; position++)
    work += positionWork(config, position, position >= promptTokens - 1);
  return work;
}

/** How many of the first positions can be computed with so many multiplications; looks no further than it has to. */
export function positionsWithin(
  most: number,
  config: ModelConfig,
  promptTokens: number,
  positions: number,
): number {
  let work = 0;
  for (let position = 0; position < positions; position++) {
    work += positionWork(config, position, position >= promptTokens - 1);
    if (work > most) return position;
  }
  return positions;
}

function positionWork(config: ModelConfig, position: number, withHead: boolean): number {
  let work = 0;
  const sections = sectionCount(config, withHead);
  for (let section = 0; section < sections; section++) {
    for (const at of operatorsOf(config, section, withHead))
      work += OPERATORS[at.operator].work(config, { ...at, position, section });
  }
  return work;
}
