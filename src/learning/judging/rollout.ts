import type { AppConfig } from '../../config/index.js';

/** How soon it is looked again whether another release of the model comes by stages still, ms. */
export const ROLLOUT_LOOK_MS = 15_000;

/** Whether releases of learning come to people by stages. Without the autopilot nobody would ask for the next one. */
export function comesByStages({
  learningRollout,
  autopilotSeconds,
}: Pick<AppConfig, 'learningRollout' | 'autopilotSeconds'>): boolean {
  return learningRollout === 'staged' && autopilotSeconds > 0;
}
