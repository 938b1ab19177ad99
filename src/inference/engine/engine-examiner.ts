import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ExaminationRegistry } from '../../common/observation/examination-registry.js';
import { HealthRegistry, type HealthReport } from '../../common/observation/health-registry.js';
import { EngineExamination } from './engine-examination.js';
import { EngineHost } from './engine-host.js';

const NAME = 'self_test';

/**
 * Lets the engine show in every round of the health agent that it computes what it should. What came of it stands behind `/ready`, too: a
 * server whose engine has other bits, or hangs, is not ready.
 */
@Injectable()
export class EngineExaminer implements OnModuleInit {
  /** Of the engine that runs: one that has taken its place has one of its own, and has passed its test when it started. */
  private examination: EngineExamination | null = null;

  constructor(
    private readonly host: EngineHost,
    private readonly health: HealthRegistry,
    private readonly examinations: ExaminationRegistry,
  ) {}

  onModuleInit(): void {
    this.health.register({ name: NAME, check: () => Promise.resolve(this.report()) });
    this.examinations.register({ name: NAME, check: () => this.examine() });
  }

  private async examine(): Promise<HealthReport> {
    await this.now()?.examine();
    const report = this.report();
    return this.examination?.found?.verdict === 'untold' ? { ...report, status: 'degraded' } : report;
  }

  private now(): EngineExamination | null {
    const { current } = this.host;
    if (current === null) this.examination = null;
    else if (this.examination?.engine !== current) this.examination = new EngineExamination(current);
    return this.examination;
  }

  /** What is known. An engine that was found to hang or to be wrong is asked again, so that it is known when that is over. */
  private report(): HealthReport {
    const examination = this.now();
    // That there is no engine is the `kernel` probe's to tell.
    if (examination === null) return { status: 'ok', detail: 'no engine runs that could be tested' };
    const { found } = examination;
    if (found === null) return { status: 'ok', detail: 'it agreed when the engine started' };
    const { verdict, detail, at } = found;
    const bad = verdict === 'wrong' || verdict === 'hung';
    if (bad) void examination.examine().catch(() => undefined);
    return { status: bad ? 'failed' : 'ok', detail, facts: { verdict, examined_at: at } };
  }
}
