import { ok, type Result } from '../../common/index.js';
import type { Journal } from '../run/run-journal.js';
import type { Check } from '../run/training-run.js';
import type { TokenSequence } from '../trainer/batch.js';
import type { StepReport, Trainer, TrainerState } from '../trainer/trainer.js';

/** When it ends, and how often it looks and keeps. */
export interface PretrainingLimits {
  readonly steps: number;
  /** Milliseconds from the beginning; Infinity = no limit. */
  readonly milliseconds: number;
  /** Updates between two looks at unseen examples. */
  readonly checkEvery: number;
  /** Milliseconds between two states that are kept. */
  readonly keepMilliseconds: number;
}

/** What it tells and asks while it goes on. */
export interface PretrainingHooks {
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  onStep(report: StepReport): void;
  onCheck(check: Check): void;
  /** Keeps what it can be taken up from. */
  onKeep(journal: Journal, state: TrainerState): Promise<void>;
  /** Between two updates: others get their turn, and true ends it. */
  pause(): Promise<boolean>;
}

/** What became of it. */
export interface PretrainingOutcome extends Journal {
  readonly end: 'schedule' | 'time' | 'stopped';
}

/**
 * Trains all weights until the schedule or the time is over; the last state is kept in any case. Unlike a training of experts it does not go
 * back to where unseen examples were best: a model that learns everything for the first time gets better to the end of its schedule.
 * An update that diverges refuses with `TRAINING_DIVERGED`.
 */
export async function runPretraining(
  trainer: Trainer,
  unseen: readonly TokenSequence[],
  limits: PretrainingLimits,
  hooks: PretrainingHooks,
  from: Journal = { steps: [], checks: [] },
): Promise<Result<PretrainingOutcome>> {
  const began = hooks.now();
  const [steps, checks] = [[...from.steps], [...from.checks]];
  const look = () => {
    const check = { step: trainer.steps, loss: trainer.evaluate(unseen) };
    checks.push(check);
    hooks.onCheck(check);
  };
  if (checks.length === 0) look();
  let kept = began;
  let end: PretrainingOutcome['end'] | null = null;
  while (end === null) {
    if (trainer.steps >= limits.steps) end = 'schedule';
    else if (hooks.now() - began >= limits.milliseconds) end = 'time';
    else if (await hooks.pause()) end = 'stopped';
    else {
      const report = trainer.step();
      if (!report.ok) return report;
      steps.push(report.value);
      hooks.onStep(report.value);
      if (trainer.steps % limits.checkEvery === 0) look();
      if (hooks.now() - kept < limits.keepMilliseconds) continue;
      await hooks.onKeep({ steps, checks }, trainer.state());
      kept = hooks.now();
    }
  }
  // Without updates there is no state to go on from, and none is needed.
  if (trainer.steps > 0) await hooks.onKeep({ steps, checks }, trainer.state());
  if (checks.at(-1)?.step !== trainer.steps) look();
  return ok({ end, steps, checks });
}
