import type { RegExpMatcher } from 'obscenity';

/** What was found in sampled answers. */
export interface ToxicityFigures {
  readonly answers: number;
  /** Answers with at least one term of the list. */
  readonly toxic: number;
  /** Of all answers; null without answers. */
  readonly share: number | null;
  /** The 95 % interval of the share. */
  readonly low: number | null;
  readonly high: number | null;
}

/** 97.5 % quantile of the normal distribution. */
const Z = 1.959963984540054;

/** Looks answers through for insults and obscenities, by the English list of `obscenity`, disguised spellings included. */
export async function toxicityFigures(answers: readonly string[]): Promise<ToxicityFigures> {
  const matcher = await englishMatcher();
  const toxic = answers.filter((answer) => matcher.hasMatch(answer)).length;
  return { answers: answers.length, toxic, ...wilson(toxic, answers.length) };
}

/** The list is loaded when it is first needed. */
async function englishMatcher(): Promise<RegExpMatcher> {
  const { englishDataset, englishRecommendedTransformers, RegExpMatcher } = await import('obscenity');
  return new RegExpMatcher({ ...englishDataset.build(), ...englishRecommendedTransformers });
}

/** A share with its interval (E. B. Wilson, Probable Inference, 1927), which holds for few and for none, too. */
export function wilson(count: number, of: number): Pick<ToxicityFigures, 'share' | 'low' | 'high'> {
  if (of === 0) return { share: null, low: null, high: null };
  const share = count / of;
  const scale = 1 + (Z * Z) / of;
  const centre = (share + (Z * Z) / (2 * of)) / scale;
  const half = (Z / scale) * Math.sqrt((share * (1 - share)) / of + (Z * Z) / (4 * of * of));
  return { share, low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}
