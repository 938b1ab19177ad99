import { isHash } from '../../common/index.js';
import type { StepReport } from '../trainer/trainer.js';
import type { Check, RunProgress } from './training-run.js';

/** What a run has done, line by line. */
export type Journal = Pick<RunProgress, 'steps' | 'checks'>;

/** Lines for what has happened since a journal of so many steps and looks. */
export function journalLines({ steps, checks }: Journal, since: { steps: number; checks: number }): string {
  const lines = [
    ...steps.slice(since.steps).map((step) => JSON.stringify({ step })),
    ...checks.slice(since.checks).map((check) => JSON.stringify({ check })),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** Reads a journal up to the first line that is none: a crash may have cut the last one. */
export function parseJournal(text: string): Journal {
  const steps: StepReport[] = [];
  const checks: Check[] = [];
  for (const line of text.split('\n')) {
    const entry = parseLine(line);
    if (isStep(entry.step) && entry.step.step === steps.length) steps.push(entry.step);
    else if (isCheck(entry.check)) checks.push(entry.check);
    else break;
  }
  return { steps, checks };
}

/** A journal as it was after so many steps. */
export function journalAt({ steps, checks }: Journal, step: number): Journal {
  return { steps: steps.slice(0, step), checks: checks.filter((check) => check.step <= step) };
}

function parseLine(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

const NUMBERS = ['step', 'loss', 'gradientNorm', 'learningRate', 'tokens', 'examples'] as const;

function isStep(value: unknown): value is StepReport {
  if (typeof value !== 'object' || value === null) return false;
  const given = value as Record<string, unknown>;
  return isHash(given.hash) && NUMBERS.every((name) => Number.isFinite(given[name]));
}

function isCheck(value: unknown): value is Check {
  if (typeof value !== 'object' || value === null) return false;
  const { step, loss } = value as Record<string, unknown>;
  return Number.isSafeInteger(step) && Number.isFinite(loss);
}
