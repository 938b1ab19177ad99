import { Injectable } from '@nestjs/common';
import type { Result } from '../../common/index.js';
import { EngineHost, TextMeter } from '../../inference/index.js';
import type { DomainLosses } from './acceptance.js';
import { compareLosses, type Comparison } from './compare-losses.js';
import type { DomainExamples } from './example-source.js';

/** Measures losses by the kernel that answers, at the precision that is served, behind the answers people wait for. */
@Injectable()
export class LossMeter {
  constructor(
    private readonly meter: TextMeter,
    private readonly host: EngineHost,
  ) {}

  /** Hash of the kernel that computes. `ENGINE_NOT_EXACT` (409), `ENGINE_UNAVAILABLE` (503). */
  kernel(): Promise<Result<string>> {
    return this.meter.kernel();
  }

  /** As `compareLosses`; refuses with what the engine refuses with. */
  async compare(comparison: Comparison, examples: DomainExamples): Promise<Result<DomainLosses>> {
    try {
      return await compareLosses((...asked) => this.meter.scoreIds(...asked), comparison, examples);
    } finally {
      // A candidate is no release: nobody will ask for it again.
      await this.host.forget(comparison.candidate.release);
    }
  }
}
