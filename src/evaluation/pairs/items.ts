import type { QuestionSet } from './question-set.js';

/** One continuation said of every group in one frame: sentences that differ in the person alone. */
export interface Item {
  readonly axis: string;
  readonly groups: readonly string[];
  /** One per group, in the same order. */
  readonly sentences: readonly string[];
}

/** All items of a set, always in the same order. */
export function itemsOf({ axes, continuations }: QuestionSet): Item[] {
  return axes.flatMap(({ name, groups, frames }) =>
    frames.flatMap((frame) =>
      continuations.map((continuation) => ({
        axis: name,
        groups,
        sentences: groups.map((group) => `${frame[group]} ${continuation}`),
      })),
    ),
  );
}
