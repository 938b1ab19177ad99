import { isHash } from '../../common/index.js';
import type { EvaluationFigures } from '../evaluation/acceptance.js';

/** What is read of a verdict, or of the effect of a removal, to compute its figures again. */
export interface MeasuredVerdict {
  readonly model: string;
  readonly baseRelease: string;
  /** SHA-256 of the kernel that computed. */
  readonly kernel: string;
  readonly resamples: number;
  readonly figures: EvaluationFigures;
  /** Blocks of a submission, or experts that a removal leaves out. */
  readonly change: { readonly blocks: readonly NamedBlock[] } | { readonly without: readonly string[] };
}

/** An expert that a verdict names. */
export interface NamedBlock {
  readonly name: string;
  readonly block: string;
}

const EXPERT = /^layer\d{1,5}\.expert\d{1,5}$/;
/** Experts of one verdict, and resamples, that are computed again at most. */
const MOST_EXPERTS = 64;
const MOST_RESAMPLES = 100_000;

type Members = Readonly<Record<string, unknown>>;

/** Reads what nobody vouches for; null where it does not say what was measured on what. */
export function parseMeasuredVerdict(value: unknown): MeasuredVerdict | null {
  const { model, base_release: baseRelease, kernel, rules, figures, blocks, experts } = membersOf(value);
  const { resamples } = membersOf(rules);
  const { overall, domains } = membersOf(figures);
  const change = isNamed(blocks)
    ? { blocks: blocks.map(({ name, block }) => ({ name, block })) }
    : isListed(experts)
      ? { without: experts.map(({ name }) => name) }
      : null;
  const isWhole =
    typeof model === 'string' &&
    isHash(baseRelease) &&
    isHash(kernel) &&
    Number.isSafeInteger(resamples) &&
    Number(resamples) >= 1 &&
    Number(resamples) <= MOST_RESAMPLES &&
    isObject(overall) &&
    isObject(domains);
  if (!isWhole || change === null) return null;
  return {
    ...{ model, baseRelease, kernel, resamples: Number(resamples), change },
    figures: figures as EvaluationFigures,
  };
}

function isNamed(value: unknown): value is NamedBlock[] {
  return isListed(value) && value.every((item) => isHash((item as Partial<NamedBlock>).block));
}

function isListed(value: unknown): value is { name: string }[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= MOST_EXPERTS &&
    value.every((item) => {
      const { name } = membersOf(item);
      return typeof name === 'string' && EXPERT.test(name);
    })
  );
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null;
}

function membersOf(value: unknown): Members {
  return isObject(value) ? value : {};
}
