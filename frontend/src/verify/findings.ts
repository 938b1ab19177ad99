import type { Finding, StepName, StepState, VerifyReport } from './protocol.js';

/** Collects what does not agree, and tells the page how each check goes. */
export class Findings {
  private readonly found: Finding[] = [];
  private readonly states = new Map<StepName, StepState>();

  constructor(readonly report: (report: VerifyReport) => void) {}

  /** Everything that does not agree so far. */
  get all(): readonly Finding[] {
    return this.found;
  }

  /** Says how a check stands. */
  step(step: StepName, state: StepState, detail: string): void {
    this.states.set(step, state);
    this.report({ type: 'step', step, state, detail });
  }

  /** Notes something that does not agree and marks its check. */
  fail(step: StepName, part: string, detail: string, fromToken: number | null = null): void {
    this.found.push({ step, part, detail, fromToken });
    this.step(step, 'failed', detail);
  }

  /** Whether a check was made and passed. */
  passed(step: StepName): boolean {
    return this.states.get(step) === 'passed';
  }

  /** Whether a check has found nothing. */
  clean(step: StepName): boolean {
    return this.found.every((finding) => finding.step !== step);
  }
}
