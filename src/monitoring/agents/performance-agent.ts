import { availableParallelism, loadavg } from 'node:os';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { systemClock, type Json } from '../../common/index.js';
import { LiveFigures } from '../../common/observation/live-figures.js';
import { ObservationStore } from '../history/observation-store.js';
import { MachineVitals } from '../vitals/machine-vitals.js';
import { observation, type MonitoringAgent, type Observation } from './agent.js';
import { AgentRegistry } from './agent-registry.js';
import { regressions, slowdowns, type Regression } from './regressions.js';

const HOUR_MS = 3_600_000;
/** An hour of rounds, were they every minute. */
const RECENT = 60;
/** Shares above which people should know. */
const HIGH = 0.9;
/** An event loop that is this late on average answers nobody in time, ms. */
const LATE_MS = 200;

/** Measures of which more is worse. */
const WATCHED = [
  'first_token_p50_ms',
  'first_token_p95_ms',
  'output_token_p50_ms',
  'output_token_p95_ms',
  'queue_depth',
  'cpu_share',
  'memory_share',
  'event_loop_mean_ms',
  'resident_memory_bytes',
] as const;

/** Measures of which less is worse, while answers wait for the engine. */
const SPEEDS = ['tokens_per_second'] as const;

/** Latency, throughput, queue and resources, compared with the same hour on the days before. */
@Injectable()
export class PerformanceAgent implements MonitoringAgent, OnModuleInit {
  readonly name = 'performance';
  readonly about = 'Latency, throughput, queue, memory and processors, against the same hour on other days';

  constructor(
    private readonly registry: AgentRegistry,
    private readonly figures: LiveFigures,
    private readonly vitals: MachineVitals,
    private readonly store: ObservationStore,
  ) {}

  onModuleInit(): void {
    this.registry.register(this);
    // The first round measures the processors since the start.
    this.vitals.cpu(this.name);
  }

  async observe(): Promise<Observation> {
    const measures = await this.measure();
    const now = systemClock.now();
    const recent = await this.store.ownSince(this.name, now - HOUR_MS, RECENT);
    const reference = await this.store.sameHour(this.name, now);
    const list = [...recent.map((each) => each.measures), measures];
    const before = reference.map((each) => each.measures);
    const slower = slowdowns(SPEEDS, list, before, ({ queue_depth: waiting }) => waiting > 0);
    const troubles = [
      ...regressions(WATCHED, list, before).map((each) => regressed(each, 1)),
      ...slower.map((each) => regressed(each, 2, ', while answers wait')),
      ...bounds(measures),
    ];
    const rate = measures.tokens_per_second ?? 0;
    const detail = `${rate.toFixed(1)} tokens/s, processors ${percent(measures.cpu_share)}, memory ${percent(measures.memory_share)}, compared with ${reference.length} measurements`;
    return observation({ detail, measures, troubles });
  }

  private async measure(): Promise<Record<string, number>> {
    const cpu = this.vitals.cpu(this.name);
    const [memory, disk] = await Promise.all([this.vitals.memory(), this.vitals.disk()]);
    const loop = this.vitals.eventLoop();
    const pool = this.vitals.pool();
    return {
      ...this.figures.read(),
      ...(await swapFigures()),
      load_average: Math.max(...loadavg()) / availableParallelism(),
      cpu_share: cpu.machine,
      process_cpu_share: cpu.process,
      memory_share: memory.share,
      heap_share: this.vitals.heap().share,
      resident_memory_bytes: process.memoryUsage.rss(),
      disk_share: disk.share,
      event_loop_mean_ms: loop.mean,
      event_loop_worst_ms: loop.worst,
      pool_open: pool.open,
      pool_waiting: pool.waiting,
    };
  }
}

/** Swap; the library is loaded only when an agent runs, because a start should not pay for it. */
async function swapFigures(): Promise<Record<string, number>> {
  try {
    const { mem } = (await import('systeminformation')).default;
    const { swaptotal, swapused } = await mem();
    return { swap_share: swaptotal === 0 ? 0 : swapused / swaptotal };
  } catch {
    return {};
  }
}

function regressed(
  each: Regression,
  digits: number,
  when = '',
): { fingerprint: string; severity: 'warning'; summary: string; evidence: Record<string, Json> } {
  const { measure, ratio } = each;
  return {
    fingerprint: `performance.regression.${measure}`,
    severity: 'warning',
    summary: `${measure} is ${ratio.toFixed(digits)} times what it is at this hour on other days${when}`,
    evidence: { ...each, ratio: Number.isFinite(ratio) ? ratio : null },
  };
}

function bounds(measures: Readonly<Record<string, number>>): Observation['troubles'] {
  const high = (name: string, what: string, bound: number, shown: string) =>
    (measures[name] ?? 0) > bound
      ? [
          {
            fingerprint: `performance.high.${name}`,
            severity: 'warning' as const,
            summary: `${what} ${shown}`,
            evidence: { [name]: measures[name], bound },
          },
        ]
      : [];
  return [
    ...high('cpu_share', 'The processors are busy:', HIGH, percent(measures.cpu_share)),
    ...high('memory_share', 'Memory is short:', HIGH, `${percent(measures.memory_share)} used`),
    ...high('heap_share', 'The JavaScript heap is nearly full:', HIGH, percent(measures.heap_share)),
    ...high(
      'event_loop_mean_ms',
      'The event loop is late by',
      LATE_MS,
      `${measures.event_loop_mean_ms.toFixed(0)} ms`,
    ),
    ...high('pool_waiting', 'Callers wait for database connections:', 0, String(measures.pool_waiting)),
  ];
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
