import { DOMAINS, examples, first, type Split } from '../../datasets/generators/index.js';
import type { Content } from '../../datasets/jsonl/index.js';

/** Examples to judge by, of each domain. */
export type DomainExamples = ReadonlyMap<string, readonly Content[]>;

/** Models whose domains have generators: their held-out halves are drawn anew for every submission. */
const GENERATED = new Set(['genesis']);

/** Whether the domains of a model have generators. */
export function isGenerated(model: string): boolean {
  return GENERATED.has(model);
}

/** Names of the domains that have generators. */
export function generatedDomains(): readonly string[] {
  return DOMAINS.map(({ name }) => name);
}

/** How often is drawn from a domain. */
export type Draws = Readonly<Record<string, number>>;

/** How often is drawn where nothing else is set (`LEARNING_DRAWS`). */
const USUAL_DRAWS = 160;
/** Examples with one right answer are short; a story is as long as ten of them. */
const PROSE_SHARE = 1 / 5;

/** How often is drawn from each domain to judge by. @param exact how often from one whose examples have one right answer */
export function evaluationDraws(exact: number): Draws {
  return drawsOf((judgedBy) => (judgedBy === 'exact' ? exact : Math.ceil(exact * PROSE_SHARE)));
}

/** How often is drawn from each domain where nothing else is set. */
export const EVALUATION_DRAWS: Draws = evaluationDraws(USUAL_DRAWS);

/** How often a domain may be drawn from anew, twice as often each time: at most eight times as many examples in all. */
export const MORE_ROUNDS = 3;

/** The same number for all domains that are judged in the same way. */
export function drawsOf(count: (judgedBy: 'exact' | 'prose') => number): Draws {
  return Object.fromEntries(DOMAINS.map(({ name, judgedBy }) => [name, count(judgedBy)]));
}

/**
 * Draws of every domain as often as asked for, repeated ones left out. The same seed gives the same examples; the half that is held out
 * is never trained on, and nobody knows which of it is drawn before the seed is known.
 */
export function drawExamples(seed: string, draws: Draws, split: Split = 'heldOut'): DomainExamples {
  const domains = DOMAINS.filter(({ name }) => (draws[name] ?? 0) > 0);
  return new Map(
    domains.map((domain) => {
      const distinct = new Map<string, Content>();
      for (const { prompt, completion } of first(draws[domain.name], examples(domain, split, seed)))
        distinct.set(JSON.stringify([prompt, completion]), { form: 'completion', prompt, completion });
      return [domain.name, [...distinct.values()]];
    }),
  );
}

/**
 * More examples of some domains, which are none of those that were drawn before; a domain whose generator has no others is left out.
 * @param round from 1
 * @param usual how often was drawn at first
 */
export function drawMore(
  seed: string,
  round: number,
  names: readonly string[],
  drawn: DomainExamples,
  usual: Draws = EVALUATION_DRAWS,
): DomainExamples {
  const draws = Object.fromEntries(names.map((name) => [name, usual[name] * 2 ** (round - 1)]));
  const fresh = [...drawExamples(`${seed}/more/${round}`, draws)].map(([name, contents]) => {
    const known = new Set(drawn.get(name)?.map(contentKey));
    return [name, contents.filter((content) => !known.has(contentKey(content)))] as const;
  });
  return new Map(fresh.filter(([, contents]) => contents.length > 0));
}

function contentKey(content: Content): string {
  return JSON.stringify(content);
}
