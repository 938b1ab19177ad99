import { CodedError, err, ok, type Result } from '../../common/index.js';
import { isEmptyRow } from '../../experts/index.js';
import { isOpenPlace, MOST_NEW_PLACES } from '../../experts/tensorblock/growth.js';
import { expertPlace } from '../../experts/tensorblock/left-out.js';
import type { TrainingExamples } from '../run/read-examples.js';
import type { ReleaseModel } from '../source/release-model.js';
import type { NewExpertPlan } from '../trainer/training-plan.js';
import { useOfExperts } from './use-of-experts.js';

/** Which new experts somebody wants. */
export interface NewExpertWish {
  /** `layer3`, or `layer3.expert9` where the number matters. */
  readonly newExpert?: readonly string[];
  /** What they begin as, one for each; absent: whichever the examples use most, each another one. */
  readonly from?: readonly string[];
}

const LAYER = /^layer(0|[1-9]\d{0,4})$/;

/** The places of new experts and what they begin as; refuses with `TRAINING_BLOCKS` what the model has no place for. */
export function placesOf(
  model: ReleaseModel,
  { newExpert = [], from }: NewExpertWish,
  examples: Pick<TrainingExamples, 'learnt'>,
): Result<NewExpertPlan[]> {
  if (from !== undefined && from.length !== newExpert.length)
    return refused(`${newExpert.length} new experts cannot begin as ${from.length}: name one for each`);
  const names: string[] = [];
  for (const wanted of newExpert) {
    const name = LAYER.test(wanted) ? nextPlace(model, wanted, names) : wanted;
    if (name === null || expertPlace(name) === null || (expertPlace(name)?.layer ?? 0) >= model.config.layers)
      return refused(`there is no place for a new expert in ${wanted}; layers are called layer0 and so on`);
    names.push(name);
  }
  if (from !== undefined) return ok(names.map((name, i) => ({ name, from: from[i] })));
  if (names.length === 0) return ok([]);
  const use = useOfExperts(model, examples.learnt);
  const plans: NewExpertPlan[] = [];
  for (const name of names) {
    const from = mostUsed(
      model,
      name,
      use,
      plans.map((plan) => plan.from),
    );
    if (from === null) return refused(`${name} has no other expert of its layer to begin as`);
    plans.push({ name, from });
  }
  return ok(plans);
}

/** The lowest empty place of a layer that is not among those taken; null where there is none. */
export function nextPlace(
  { config, blocks }: ReleaseModel,
  layer: string,
  taken: readonly string[],
): string | null {
  const router = blocks.get(`${layer}.router`);
  if (router === undefined) return null;
  for (let expert = 0; expert < config.experts + MOST_NEW_PLACES; expert++) {
    const name = `${layer}.expert${expert}`;
    if (isOpenPlace(config, name) && isEmptyRow(router, expert) && !taken.includes(name)) return name;
  }
  return null;
}

/** Twins would be chosen together, or only one of them ever: what another new expert begins as is passed over. */
function mostUsed(
  { blocks }: ReleaseModel,
  name: string,
  use: readonly (readonly number[])[],
  taken: readonly string[],
): string | null {
  const layer = expertPlace(name)?.layer ?? 0;
  const counts = use[layer];
  const names = counts.map((_, expert) => `layer${layer}.expert${expert}`);
  const free = names
    .map((_, expert) => expert)
    .filter((expert) => blocks.has(names[expert]) && !taken.includes(names[expert]));
  if (free.length === 0) return null;
  return names[free.reduce((best, expert) => (counts[expert] > counts[best] ? expert : best), free[0])];
}

function refused(message: string): Result<never> {
  return err(new CodedError('TRAINING_BLOCKS', message));
}
