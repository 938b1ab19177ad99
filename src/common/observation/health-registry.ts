import { Injectable } from '@nestjs/common';
import { messageOf } from '../errors.js';

/** How well a part works: `degraded` still serves, `failed` does not. */
export type HealthStatus = 'ok' | 'degraded' | 'failed';

/** What a probe found. `facts` are small and safe to publish. */
export interface HealthReport {
  readonly status: HealthStatus;
  readonly detail: string;
  readonly facts?: Readonly<Record<string, unknown>>;
}

/** Looks at one part of the system. A check that throws or takes longer than the registry waits counts as failed. */
export interface HealthProbe {
  readonly name: string;
  check(): Promise<HealthReport>;
}

/** All probes asked once: the worst status counts. */
export interface Readiness {
  readonly status: HealthStatus;
  readonly probes: Readonly<Record<string, HealthReport>>;
}

const CHECK_DEADLINE_MS = 3_000;

/** Where modules register how they can be looked at. */
@Injectable()
export class HealthRegistry {
  /** How long a probe may take, ms. */
  protected readonly deadlineMs: number = CHECK_DEADLINE_MS;
  private readonly probes = new Map<string, HealthProbe>();

  /** Adds a probe until the returned function is called. Two probes of one name are a bug. */
  register(probe: HealthProbe): () => void {
    if (this.probes.has(probe.name))
      throw new Error(`a health probe named ${probe.name} is registered already`);
    this.probes.set(probe.name, probe);
    return () => this.probes.delete(probe.name);
  }

  /** Asks every probe, at the same time, each for at most `deadlineMs`. */
  async check(): Promise<Readiness> {
    const probes = [...this.probes.values()];
    const reports = await Promise.all(probes.map((probe) => checkInTime(probe, this.deadlineMs)));
    return {
      status: worstHealth(reports.map(({ status }) => status)),
      probes: Object.fromEntries(probes.map(({ name }, i) => [name, reports[i]])),
    };
  }
}

async function checkInTime(probe: HealthProbe, deadlineMs: number): Promise<HealthReport> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<HealthReport>((resolve) => {
    timer = setTimeout(
      () => resolve({ status: 'failed', detail: `no answer within ${deadlineMs} ms` }),
      deadlineMs,
    );
  });
  try {
    return await Promise.race([probe.check(), late]);
  } catch (thrown) {
    return { status: 'failed', detail: messageOf(thrown) };
  } finally {
    clearTimeout(timer);
  }
}

/** The worst of several; `ok` where there are none. */
export function worstHealth(statuses: readonly HealthStatus[]): HealthStatus {
  if (statuses.includes('failed')) return 'failed';
  return statuses.includes('degraded') ? 'degraded' : 'ok';
}
