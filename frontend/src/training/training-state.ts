import { Problem } from '../api/problem.js';
import { addLosses, NO_LOSSES, type LossPoints } from './loss-points.js';
import type { Look, Preparation, TrainerReport, TrainingEnd, TrainingRequest } from './protocol.js';

/** Where a training of this tab is. */
export interface Training {
  /** Counts the trainings of this tab; 0: there is none. */
  readonly number: number;
  readonly phase: 'none' | 'preparing' | 'training' | 'paused' | 'ended' | 'refused';
  readonly request: TrainingRequest | null;
  /** What is made ready: how much of how much; a total of 0 is not known. */
  readonly part: Preparation;
  readonly done: number;
  readonly total: number;
  /** Updates of the plan, those made, and those of them that were made before it was taken up. */
  readonly updates: number;
  readonly made: number;
  readonly madeBefore: number;
  /** Updates behind the point that this browser keeps, and under which id; null: it keeps none. */
  readonly kept: { readonly keeper: string; readonly made: number } | null;
  /** Why nothing more is kept. */
  readonly notKept: string | null;
  /** Time of the updates, without pauses. */
  readonly activeMs: number;
  readonly losses: LossPoints;
  readonly lastLoss: number | null;
  readonly looks: readonly Look[];
  readonly outcome: TrainingEnd | null;
  /** As which submission it was handed in; null: it was not. */
  readonly submission: string | null;
  /** Whether its submission has its verdict: nothing more is asked of the training then. */
  readonly judged: boolean;
  readonly problem: Problem | null;
}

/** Before any training. */
export const NO_TRAINING: Training = {
  number: 0,
  phase: 'none',
  request: null,
  part: 'model',
  done: 0,
  total: 0,
  updates: 0,
  made: 0,
  madeBefore: 0,
  kept: null,
  notKept: null,
  activeMs: 0,
  losses: NO_LOSSES,
  lastLoss: null,
  looks: [],
  outcome: null,
  submission: null,
  judged: false,
  problem: null,
};

/** Looks that are shown, at most: the picture needs no more. */
const MOST_LOOKS = 512;

/** A training after a report of its worker. */
export function afterReport(training: Training, report: TrainerReport): Training {
  switch (report.type) {
    case 'preparing': {
      const { part, done, total } = report;
      return { ...training, part, done, total };
    }
    case 'taken up':
      return { ...training, request: report.request };
    case 'begun': {
      const { updates, losses, looks } = report;
      const before = { made: losses.length, madeBefore: losses.length, lastLoss: losses.at(-1) ?? null };
      const shown = { losses: addLosses(NO_LOSSES, losses), looks: thinned(looks) };
      return { ...training, phase: 'training', updates, ...before, ...shown };
    }
    case 'kept':
      return { ...training, kept: { keeper: report.keeper, made: report.made } };
    case 'not kept':
      return { ...training, notKept: report.detail };
    case 'updates': {
      const { losses, activeMs } = report;
      const made = training.made + losses.length;
      const lastLoss = losses.at(-1) ?? training.lastLoss;
      return { ...training, made, activeMs, lastLoss, losses: addLosses(training.losses, losses) };
    }
    case 'look':
      return { ...training, looks: thinned([...training.looks, report.look]) };
    case 'ended':
      return { ...training, phase: 'ended', outcome: report.outcome };
    case 'refused':
      return { ...training, phase: 'refused', problem: new Problem(0, report.code, report.detail) };
    case 'signed':
    case 'shown':
    case 'not done':
      return training;
  }
}

/** What is lost with a training that is forgotten now; null: nothing that anybody needs. */
export type AtStake = 'training' | 'result' | 'left' | 'submission';

/**
 * What would be lost with the training: it goes on, its result was not handed in, it is kept and can be taken up again, or its submission may
 * still be asked for updates.
 */
export function atStake({ phase, outcome, submission, judged, kept }: Training): AtStake | null {
  if (phase === 'training' || phase === 'paused') return 'training';
  const better = outcome !== null && outcome.best.step > 0;
  if (better && submission === null) return 'result';
  // Without its worker nothing can be shown any more.
  if (phase === 'refused') return kept === null ? null : 'left';
  return better && !judged ? 'submission' : null;
}

/** Updates a second; null before the first one. */
export function pace({ made, madeBefore, activeMs }: Training): number | null {
  const own = made - madeBefore;
  return own === 0 || activeMs <= 0 ? null : (own * 1000) / activeMs;
}

/** Time until it ends at the latest, ms; null while that cannot be said. */
export function remaining(training: Training): number | null {
  const perSecond = pace(training);
  if (perSecond === null || training.request === null) return null;
  const ofUpdates = ((training.updates - training.made) / perSecond) * 1000;
  const ofTime = training.request.minutes * 60_000 - training.activeMs;
  return Math.max(0, Math.min(ofUpdates, ofTime));
}

/** The first and every second one between, where there are too many. */
function thinned(looks: readonly Look[]): readonly Look[] {
  return looks.length <= MOST_LOOKS ? looks : looks.filter((_, i) => i % 2 === 0);
}
