import { systemClock } from '../../common/index.js';
import { inTime } from '../../monitoring/index.js';
import type { EnginePort } from './engine-port.js';

/** How long an engine may take to show that it computes, ms. */
const PATIENCE_MS = 10_000;
/** How long it may take after that to tell whether something else is being computed, ms. */
const FIGURES_MS = 2_000;

/**
 * What came of asking an engine to compute. `right`: the self-test agrees; `busy`: it had no turn, because other work goes on; `wrong`:
 * it has other bits; `hung`: nothing is computed; `untold`: the test was refused, so that nothing is known.
 */
export interface EngineFinding {
  readonly verdict: 'right' | 'busy' | 'wrong' | 'hung' | 'untold';
  /** For people. */
  readonly detail: string;
  /** When it was found, ms since the epoch. */
  readonly at: number;
}

/** The part of the engine that is asked. */
export type ExaminedEngine = Pick<EnginePort, 'selfTest' | 'stats'>;

/** How long an examination waits; tests wait for less. */
export interface ExaminationPatience {
  readonly testMs: number;
  readonly figuresMs: number;
}

/**
 * Lets an engine run its self-test, which waits for a pause between answers. One that finds no turn because answers go on is told from one
 * that hangs by the rows that it computes meanwhile. What was asked and not answered is not asked again, so that an engine that hangs
 * does not gather questions.
 */
export class EngineExamination {
  private test: ReturnType<ExaminedEngine['selfTest']> | null = null;
  private rows: Promise<number | null> | null = null;
  private running: Promise<void> | null = null;
  private last: EngineFinding | null = null;

  constructor(
    readonly engine: ExaminedEngine,
    private readonly patience: ExaminationPatience = { testMs: PATIENCE_MS, figuresMs: FIGURES_MS },
  ) {}

  /** What was found last; null before the first examination, when the test of the start is what is known. */
  get found(): EngineFinding | null {
    return this.last;
  }

  /** Examines it now; whoever asks while that goes on shares it. */
  examine(): Promise<void> {
    this.running ??= this.look()
      .then((found) => this.keep(found))
      .finally(() => (this.running = null));
    return this.running;
  }

  private async look(): Promise<EngineFinding> {
    const { testMs, figuresMs } = this.patience;
    const before = inTime(this.askRows(), testMs, null);
    const test = await inTime(this.askTest(), testMs, null);
    if (test !== null) {
      if (test.refused !== undefined) return finding('untold', `the self-test was refused: ${test.detail}`);
      return test.ok ? finding('right', 'the self-test agrees') : finding('wrong', test.detail);
    }
    const began = (await before) ?? -1;
    const now = await inTime(this.askRows(), figuresMs, null);
    if (now !== null && now > began)
      return finding('busy', 'answers are computed; the self-test waits for a pause');
    return finding('hung', `nothing has been computed for ${testMs / 1000} s, not even the self-test`);
  }

  /** Other bits stay other bits until the test agrees: that answers go on says nothing about them. */
  private keep(found: EngineFinding): void {
    if (this.last?.verdict !== 'wrong' || found.verdict === 'right' || found.verdict === 'wrong')
      this.last = found;
  }

  private askTest(): ReturnType<ExaminedEngine['selfTest']> {
    this.test ??= this.engine.selfTest().finally(() => (this.test = null));
    return this.test;
  }

  /** Rows computed so far; null where the engine does not say. */
  private askRows(): Promise<number | null> {
    this.rows ??= this.engine
      .stats()
      .then((stats) => (stats.ok ? stats.value.rows : null))
      .finally(() => (this.rows = null));
    return this.rows;
  }
}

function finding(verdict: EngineFinding['verdict'], detail: string): EngineFinding {
  return { verdict, detail, at: systemClock.now() };
}
