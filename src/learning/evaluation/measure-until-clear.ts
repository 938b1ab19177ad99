import { ok, type Result } from '../../common/index.js';
import {
  doubtfulDomains,
  evaluationFigures,
  type AcceptanceRules,
  type DomainLosses,
  type EvaluationFigures,
} from './acceptance.js';
import {
  drawExamples,
  drawMore,
  EVALUATION_DRAWS,
  MORE_ROUNDS,
  type DomainExamples,
} from './example-source.js';

/** What was drawn and measured. */
export interface Measured {
  readonly examples: DomainExamples;
  /** How often more was drawn from a domain that was in doubt. */
  readonly more: Readonly<Record<string, number>>;
  readonly figures: EvaluationFigures;
}

/**
 * Measures on the usual examples, and then on more of those domains that could not be judged by them (`doubtfulDomains`), until none is in
 * doubt or `MORE_ROUNDS` are over. The same root and losses give the same.
 */
export async function measureUntilClear(
  root: string,
  rules: AcceptanceRules,
  measure: (examples: DomainExamples) => Promise<Result<DomainLosses>>,
): Promise<Result<Measured>> {
  let examples = drawExamples(root, EVALUATION_DRAWS);
  const first = await measure(examples);
  if (!first.ok) return first;
  let losses = first.value;
  let figures = await evaluationFigures(losses, root, rules.resamples);
  const more: Record<string, number> = {};
  for (let round = 1; round <= MORE_ROUNDS; round++) {
    const fresh = drawMore(root, round, doubtfulDomains(figures, rules), examples);
    if (fresh.size === 0) break;
    const found = await measure(fresh);
    if (!found.ok) return found;
    examples = joined(examples, fresh);
    losses = Object.fromEntries(
      joined(new Map(Object.entries(losses)), new Map(Object.entries(found.value))),
    );
    for (const name of fresh.keys()) more[name] = (more[name] ?? 0) + 1;
    figures = await evaluationFigures(losses, root, rules.resamples);
  }
  return ok({ examples, more, figures });
}

function joined<T>(
  lists: ReadonlyMap<string, readonly T[]>,
  added: ReadonlyMap<string, readonly T[]>,
): ReadonlyMap<string, readonly T[]> {
  return new Map([...lists].map(([name, list]) => [name, [...list, ...(added.get(name) ?? [])]]));
}
