import type { TrainerState } from '../../../src/learning/trainer/trainer.js';

/** Memory that the kept states of a training may take, bytes. */
export const STATES_BYTES = 2 ** 28;

/** States on the way of a training, in memory: what its updates are shown from where a server asks for them. */
export class KeptStates {
  private readonly states: TrainerState[] = [];

  /** @param beginning before the first update */
  constructor(private readonly beginning: TrainerState) {}

  /** Keeps a state that is newer than those before. */
  keep(state: TrainerState): void {
    this.states.push(state);
  }

  /** The newest one with no more updates behind it. */
  before(step: number): TrainerState {
    return this.states.findLast((state) => state.step <= step) ?? this.beginning;
  }
}
