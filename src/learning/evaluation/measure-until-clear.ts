import { ok, type Result } from '../../common/index.js';
import {
  doubtfulDomains,
  evaluationFigures,
  type AcceptanceRules,
  type DomainLosses,
  type EvaluationFigures,
} from './acceptance.js';
import type { DomainExamples } from './example-source.js';
import { generatedSupply, type ExampleSupply } from './example-supply.js';

/** What was drawn and measured. */
export interface Measured {
  readonly examples: DomainExamples;
  /** How often more was drawn from a domain that was in doubt. */
  readonly more: Readonly<Record<string, number>>;
  readonly figures: EvaluationFigures;
}

/**
 * Measures on the usual examples, and then on more of those domains that could not be judged by them (`doubtfulDomains`), until none is in
 * doubt or as often as the supply lets ask. The same root, examples and losses give the same.
 * @param supply the genesis domains', where nothing else is said
 */
export async function measureUntilClear(
  root: string,
  rules: AcceptanceRules,
  measure: (examples: DomainExamples) => Promise<Result<DomainLosses>>,
  supply: ExampleSupply = generatedSupply(root),
): Promise<Result<Measured>> {
  const usual = await supply.first();
  if (!usual.ok) return usual;
  let examples = usual.value;
  const first = await measure(examples);
  if (!first.ok) return first;
  let losses = first.value;
  let figures = await evaluationFigures(losses, root, rules.resamples);
  const more = new Map<string, number>();
  for (let round = 1; round <= supply.moreRounds; round++) {
    const doubted = doubtfulDomains(figures, rules);
    const drawn = doubted.length === 0 ? ok(new Map()) : await supply.more(round, doubted, examples);
    if (!drawn.ok) return drawn;
    const fresh: DomainExamples = drawn.value;
    if (fresh.size === 0) break;
    const found = await measure(fresh);
    if (!found.ok) return found;
    examples = joined(examples, fresh);
    losses = Object.fromEntries(
      joined(new Map(Object.entries(losses)), new Map(Object.entries(found.value))),
    );
    for (const name of fresh.keys()) more.set(name, (more.get(name) ?? 0) + 1);
    figures = await evaluationFigures(losses, root, rules.resamples);
  }
  return ok({ examples, more: Object.fromEntries(more), figures });
}

function joined<T>(
  lists: ReadonlyMap<string, readonly T[]>,
  added: ReadonlyMap<string, readonly T[]>,
): ReadonlyMap<string, readonly T[]> {
  return new Map([...lists].map(([name, list]) => [name, [...list, ...(added.get(name) ?? [])]]));
}
