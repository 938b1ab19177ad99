import type { ModelConfig } from '../kernel/index.js';
import { operatorsOf, sectionCount } from './place.js';
import { OPERATORS } from './referee/operators.js';

/** Multiplications of computing an answer once, from its prompt's first token to its last one's logits. */
export function generationWork(config: ModelConfig, promptTokens: number, outputTokens: number): number {
  let work = 0;
  for (let position = 0; position < promptTokens + outputTokens - 1; position++) {
    const sections = sectionCount(config, position >= promptTokens - 1);
    for (let section = 0; section < sections; section++) {
      for (const at of operatorsOf(config, section))
        work += OPERATORS[at.operator].work(config, { ...at, position, section });
    }
  }
  return work;
}
