import type { TrainerState } from '../../../src/learning/trainer/trainer.js';

/** Memory that the kept states of a training may take, bytes: a tab has less than a disk. */
export const STATES_BYTES = 2 ** 28;

/** States on the way of a training, in memory: what its updates are shown from where a server asks for them. */
export class KeptStates {
  private states: TrainerState[] = [];
  private offered = 0;
  private stride = 1;

  /** @param beginning before the first update  @param room bytes */
  constructor(
    private readonly beginning: TrainerState,
    private readonly room: number,
  ) {}

  /** Keeps a state that is newer than those before; where there is no room for all, every second, fourth, eighth… of those it was given. */
  keep(state: TrainerState): void {
    this.offered += 1;
    if (this.offered % this.stride !== 0) return;
    this.states.push(state);
    if (this.states.length * state.values.byteLength <= this.room) return;
    this.states = this.states.filter((_, i) => i % 2 === 1);
    this.stride *= 2;
  }

  /** Updates behind the states that are kept, ascending. */
  get steps(): readonly number[] {
    return this.states.map(({ step }) => step);
  }

  /**
   * Takes over the states of a training that is taken up, so that those kept later are as if it had never been left.
   * @param made updates behind the point it is taken up from  @param every updates between two states that are offered
   */
  restore(states: readonly TrainerState[], made: number, every: number): void {
    this.states = [...states];
    this.offered = made / every;
    // The first one that is kept is the first that was not left out.
    this.stride = states.length === 0 ? 1 : states[0].step / every;
  }

  /** The newest one with no more updates behind it. */
  before(step: number): TrainerState {
    return this.states.findLast((state) => state.step <= step) ?? this.beginning;
  }
}
