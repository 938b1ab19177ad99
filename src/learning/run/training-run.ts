import { err, ok, type CodedError, type Result } from '../../common/index.js';
import type { TokenSequence } from '../trainer/batch.js';
import { withoutRest, type CarryOut } from '../trainer/pieces.js';
import type { StepReport, Trainer, TrainerState } from '../trainer/trainer.js';

/** When a training ends besides at the end of its schedule. */
export interface RunLimits {
  readonly steps: number;
  /** Milliseconds from the beginning; Infinity = no limit. */
  readonly milliseconds: number;
  /** Steps between two looks at examples that are not learnt. */
  readonly checkEvery: number;
  /** Looks without a better one after which it ends. */
  readonly patience: number;
  /** Steps between two points that it can be taken up from; a multiple of `checkEvery`. */
  readonly keepEvery: number;
}

/** A look at examples that are not learnt. */
export interface Check {
  /** Steps taken before it. */
  readonly step: number;
  /** Mean cross-entropy, natural logarithm. */
  readonly loss: number;
}

/** Why a training ended. */
export type RunEnd = 'schedule' | 'time' | 'no better' | 'stopped' | 'diverged';

/** What became of a training. */
export interface RunOutcome {
  readonly end: RunEnd;
  readonly steps: readonly StepReport[];
  readonly checks: readonly Check[];
  /** The look with the smallest loss; the trainer is back where it was then. */
  readonly best: Check;
  /** What the update refused with that diverged; not there where none did. */
  readonly diverged?: CodedError;
}

/** How far a run is. */
export interface RunProgress {
  readonly steps: readonly StepReport[];
  readonly checks: readonly Check[];
  readonly best: BestLook;
}

/** The look with the smallest loss, and where the trainer was then. */
export interface BestLook {
  readonly check: Check;
  readonly state: TrainerState;
}

/** What a run tells and asks while it goes on. */
export interface RunHooks {
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  onStep(report: StepReport): void;
  onCheck(check: Check): void;
  /** Keeps what the run can be taken up from. */
  onKeep(progress: RunProgress, state: TrainerState): Promise<void>;
  /** Between two steps: others get their turn, and true ends the run. */
  pause(): Promise<boolean>;
  /** Carries out updates and looks, with rests where others want the processors; without it there are none. */
  readonly carryOut?: CarryOut;
}

/**
 * Trains until the schedule or the time is over or examples that are not learnt get no better, then goes back to where they were
 * best. A step that diverges ends it, too; `TRAINING_DIVERGED` where nothing was better than the beginning by then.
 * @param from a run to be taken up; the trainer is in the state that was kept with it
 */
export async function runTraining(
  trainer: Trainer,
  unseen: readonly TokenSequence[],
  limits: RunLimits,
  hooks: RunHooks,
  from: RunProgress | null = null,
): Promise<Result<RunOutcome>> {
  const { carryOut = withoutRest } = hooks;
  const began = hooks.now();
  const steps: StepReport[] = [...(from?.steps ?? [])];
  const checks: Check[] = [...(from?.checks ?? [])];
  let best = from?.best ?? null;
  const look = async (): Promise<BestLook> => {
    const check = { step: trainer.steps, loss: await carryOut(trainer.evaluateInPieces(unseen)) };
    // On the way to diverging a loss may be no number, which nothing can be compared with.
    if (!Number.isFinite(check.loss) && best !== null) return best;
    checks.push(check);
    hooks.onCheck(check);
    if (best === null || check.loss < best.check.loss) best = { check, state: trainer.state() };
    return best;
  };
  let found = best ?? (await look());
  let end: RunEnd | null = null;
  let diverged: CodedError | undefined;
  while (end === null) {
    if (trainer.steps >= limits.steps) end = 'schedule';
    else if (hooks.now() - began >= limits.milliseconds) end = 'time';
    else if (looksSince(found.check, checks) >= limits.patience) end = 'no better';
    else if (await hooks.pause()) end = 'stopped';
    else {
      const report = await carryOut(trainer.stepInPieces());
      if (!report.ok) {
        end = 'diverged';
        diverged = report.error;
        break;
      }
      steps.push(report.value);
      hooks.onStep(report.value);
      if (trainer.steps % limits.checkEvery === 0) found = await look();
      if (trainer.steps % limits.keepEvery === 0)
        await hooks.onKeep({ steps, checks, best: found }, trainer.state());
    }
  }
  if (checks.at(-1)?.step !== trainer.steps) found = await look();
  if (diverged !== undefined && found.check.step === 0) return err(diverged);
  trainer.restore(found.state);
  return ok({ end, steps, checks, best: found.check, ...(diverged !== undefined && { diverged }) });
}

/** Looks after the best one. */
function looksSince({ step }: Check, checks: readonly Check[]): number {
  return checks.filter((check) => check.step > step).length;
}
