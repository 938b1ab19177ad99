import { Injectable } from '@nestjs/common';
import { HealthRegistry, type Readiness } from './health-registry.js';

/** Shorter than an agent may take (`AGENT_DEADLINE_MS`), so that the others' findings are not lost with one that hangs. */
const DEADLINE_MS = 15_000;

/**
 * Probes that let a part do something and look at what comes of it: the engine computes, the blob store writes and reads. They cost more
 * than a look, so they are asked in the rounds of the health agent alone and not with `/ready`, which is asked every few seconds. One
 * of the name of a probe behind `/ready` takes its place in the round: it says the same and more.
 */
@Injectable()
export class ExaminationRegistry extends HealthRegistry {
  protected override readonly deadlineMs: number = DEADLINE_MS;
  private found: Readiness | null = null;

  /** What the last round found; null before the first. */
  get latest(): Readiness | null {
    return this.found;
  }

  override async check(): Promise<Readiness> {
    this.found = await super.check();
    return this.found;
  }
}
