import type { ModelConfig } from '../../experts/tensorblock/model-limits.js';
import { trainedSizes } from '../trainer/state-link.js';
import type { TrainingPlan } from '../trainer/training-plan.js';
import { RUN_SETTINGS } from './run-settings.js';

/** What the states that a training keeps may take, bytes. It decides how far apart they are, and so stands in the manifest. */
const STATES_BYTES = 2 ** 30;
/** A value and two moments, each float32. */
const STATE_VALUE_BYTES = 12;

/** How many updates a training leaves between two kept states: the same for a plan wherever it is carried out. */
export function keepEveryOfPlan(
  config: ModelConfig,
  { blocks, schedule }: Pick<TrainingPlan, 'blocks' | 'schedule'>,
): number {
  const values = trainedSizes(config, blocks).reduce((sum, size) => sum + size, 0);
  return keepEveryOf(values * STATE_VALUE_BYTES, schedule.steps, RUN_SETTINGS.checkEvery, STATES_BYTES);
}

/** How many updates to leave between two kept states, a multiple of `checkEvery`, so that all of them find room. @param room bytes */
export function keepEveryOf(stateBytes: number, steps: number, checkEvery: number, room: number): number {
  // Beside each of them the best one so far may be kept.
  const affordable = Math.max(1, Math.floor(room / 2 / stateBytes));
  return checkEvery * Math.max(1, Math.ceil(steps / affordable / checkEvery));
}
