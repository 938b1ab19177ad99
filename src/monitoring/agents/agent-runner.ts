import { Injectable, Logger } from '@nestjs/common';
import { messageOf, systemClock } from '../../common/index.js';
import { MetricRegistry } from '../../common/observation/metric-registry.js';
import { AppConfig, Instance } from '../../config/index.js';
import { cannotBeWritten } from '../../database/index.js';
import type { Trouble } from '../alerts/alert.js';
import { AlertBook } from '../alerts/alert-book.js';
import { goneAfter, type Viewer } from '../alerts/viewer.js';
import { ObservationStore } from '../history/observation-store.js';
import { inTime } from '../vitals/in-time.js';
import { AgentRegistry } from './agent-registry.js';
import type { AgentStatus, MonitoringAgent, Observation, SeenTrouble } from './agent.js';

/** Longest time an agent may take, ms. */
export const AGENT_DEADLINE_MS = 20_000;
const LATE = Symbol('late');

/** How an agent's last run went. */
export interface AgentRun extends Observation {
  readonly agent: string;
  /** ms since the epoch. */
  readonly at: number;
  readonly tookMs: number;
}

/** What an agent saw, or what is said of it where it has not looked to the end. */
interface Look {
  readonly looked: boolean;
  readonly seen: Observation;
}

/**
 * Runs agents, all at once and each with a deadline, stores what they saw and settles their alerts. An agent that hangs or
 * throws is itself an alert; one that still hangs is not started again.
 */
@Injectable()
export class AgentRunner {
  private readonly logger = new Logger('Monitoring');
  private readonly running = new Map<string, Promise<Observation>>();
  private readonly last = new Map<string, AgentRun>();

  constructor(
    private readonly registry: AgentRegistry,
    private readonly store: ObservationStore,
    private readonly book: AlertBook,
    private readonly instance: Instance,
    private readonly config: AppConfig,
    metrics: MetricRegistry,
  ) {
    metrics.gauge(
      {
        name: 'stemma_agent_state',
        help: 'What agents found: 2 ok, 1 warning, 0 critical, -1 unknown.',
        labels: ['agent'],
      },
      (gauge) => {
        for (const [agent, { status }] of this.last) gauge.set({ agent }, STATE_NUMBER[status]);
      },
    );
    metrics.gauge(
      {
        name: 'stemma_agent_run_seconds',
        help: 'How long the last run of an agent took.',
        labels: ['agent'],
      },
      (gauge) => {
        for (const [agent, { tookMs }] of this.last) gauge.set({ agent }, tookMs / 1000);
      },
    );
  }

  /** The last run of an agent in this process; undefined before the first. */
  lastRun(agent: string): AgentRun | undefined {
    return this.last.get(agent);
  }

  /** Runs every agent. */
  runAll(deadlineMs = AGENT_DEADLINE_MS): Promise<AgentRun[]> {
    return Promise.all(this.registry.all.map((agent) => this.run(agent, deadlineMs)));
  }

  /** Runs one agent. */
  async run(agent: MonitoringAgent, deadlineMs = AGENT_DEADLINE_MS): Promise<AgentRun> {
    const began = performance.now();
    const at = systemClock.now();
    const { looked, seen } = await this.observe(agent, deadlineMs);
    const run: AgentRun = { ...seen, agent: agent.name, at, tookMs: performance.now() - began };
    this.last.set(agent.name, run);
    const troubles = seen.troubles.map((trouble) => this.troubleOf(agent.name, trouble));
    try {
      await this.store.add(agent.name, at, seen);
      // One that did not look cannot say that anything is over.
      if (looked) await this.book.settle(agent.name, this.viewer(seen), troubles);
      else for (const trouble of troubles) await this.book.raise(trouble);
    } catch (thrown) {
      if (!cannotBeWritten(thrown)) throw thrown;
      this.logger.warn(`what ${agent.name} saw was not stored: ${messageOf(thrown)}`);
      for (const trouble of troubles) await this.book.raise(trouble);
    }
    return run;
  }

  private viewer({ unseen = [] }: Observation): Viewer {
    return { instance: this.instance.id, goneMs: goneAfter(this.config.monitoringMinutes), unseen };
  }

  /** Trouble that is this server's alone says which server that is. */
  private troubleOf(source: string, { shared, ...trouble }: SeenTrouble): Trouble {
    if (shared) return { ...trouble, source, lasting: true };
    const fingerprint = this.instance.own(trouble.fingerprint);
    const evidence = { ...trouble.evidence, seen_by: this.instance.label };
    return { ...trouble, fingerprint, evidence, source, lasting: true };
  }

  private async observe(agent: MonitoringAgent, deadlineMs: number): Promise<Look> {
    const earlier = this.running.get(agent.name);
    const work = earlier ?? agent.observe();
    if (earlier === undefined) {
      this.running.set(agent.name, work);
      void work.catch(() => undefined).finally(() => this.running.delete(agent.name));
    }
    try {
      const seen = await inTime(work, deadlineMs, LATE);
      if (seen === LATE) return failed(agent.name, 'hangs', `no answer within ${deadlineMs} ms`);
      return { looked: true, seen };
    } catch (thrown) {
      return failed(agent.name, 'fails', messageOf(thrown));
    }
  }
}

const STATE_NUMBER: Readonly<Record<AgentStatus, number>> = { ok: 2, warning: 1, critical: 0, unknown: -1 };

function failed(name: string, how: string, detail: string): Look {
  const summary = `The ${name} agent ${how}: ${detail}`;
  const fingerprint = `agent.${name}.${how}`;
  const seen: Observation = {
    ...{ status: 'critical', score: null, detail: summary, measures: {} },
    troubles: [{ fingerprint, severity: 'critical', summary, evidence: { agent: name, detail } }],
  };
  return { looked: false, seen };
}
