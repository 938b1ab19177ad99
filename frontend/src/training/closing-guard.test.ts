import { guardClosing } from './closing-guard.js';
import type { TrainingEnd } from './protocol.js';
import { NO_TRAINING, type Training } from './training-state.js';

const ended = (best: number): Training => ({
  ...{ ...NO_TRAINING, number: 1, phase: 'ended' },
  outcome: { best: { step: best, loss: 1 } } as unknown as TrainingEnd,
});
const handedIn: Training = { ...ended(3), submission: 'submission_1' };

/** Whether the browser asks when the tab is closed, after each of these. */
function asks(...trainings: Training[]): boolean[] {
  const tab = new EventTarget();
  let [training, tell] = [NO_TRAINING, (): void => undefined];
  const watch = (watcher: () => void) => {
    tell = watcher;
    return () => undefined;
  };
  guardClosing({ current: () => training, watch }, tab);
  return trainings.map((each) => {
    training = each;
    tell();
    return !tab.dispatchEvent(new Event('beforeunload', { cancelable: true }));
  });
}

describe('closing the tab', () => {
  it('is asked about while a training goes on, and no longer when it is forgotten', () => {
    const phases = (['preparing', 'training', 'paused', 'refused', 'none'] as const).map((phase) => ({
      ...NO_TRAINING,
      phase,
    }));
    expect(asks(...phases)).toEqual([false, true, true, false, false]);
  });

  it('is asked about until a result is handed in and judged', () =>
    expect(asks(ended(3), handedIn, { ...handedIn, judged: true })).toEqual([true, true, false]));

  it('is not asked about where the browser keeps what can be taken up again', () => {
    const refused: Training = { ...NO_TRAINING, phase: 'refused', kept: { keeper: 'this', made: 20 } };
    expect(asks({ ...NO_TRAINING, phase: 'training' }, refused)).toEqual([true, false]);
  });

  it('is not asked about where nothing is better, or what was handed in can no longer be shown', () =>
    expect(asks(ended(3), ended(0), handedIn, { ...handedIn, phase: 'refused' })).toEqual([
      ...[true, false, true, false],
    ]));
});
