import { arithmetic } from './domains/arithmetic.js';
import { extraction } from './domains/extraction.js';
import { facts } from './domains/facts.js';
import { help } from './domains/help.js';
import { logic } from './domains/logic.js';
import { units } from './domains/units.js';
import { words } from './domains/words.js';
import { examples, first, type LabelledExample } from './dataset.js';

/** The domains with one right answer, in the order of an evaluation set. */
const JUDGED = [arithmetic, extraction, logic, words, units, help, facts];

/**
 * A held-out set for exact judgement: `perDomain` draws of every domain with one right answer, repeated examples left
 * out. Drawn from a seed that nobody knew before, it is unseen by every model trained on the other split.
 */
export function evaluationSet(seed: string, perDomain: number): LabelledExample[] {
  const unique = new Map<string, LabelledExample>();
  for (const domain of JUDGED) {
    for (const example of first(perDomain, examples(domain, 'heldOut', seed)))
      unique.set(JSON.stringify(example), example);
  }
  return [...unique.values()];
}
