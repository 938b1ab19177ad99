import type { Json } from '../../common/index.js';
import type { Vitals } from '../vitals/vitals.js';
import { CAUSES, type Cause, type HealingRules } from './healing-rules.js';

/** What is wrong: a known cause, or `unknown`. */
export interface Symptom {
  readonly cause: Cause | 'unknown';
  /** One sentence for people. */
  readonly summary: string;
  readonly evidence: Readonly<Record<string, Json>>;
  /** How well it fits the pattern, 0 to 1. */
  readonly match: number;
}

/** An event loop that is this late on average does not get its turn, ms. */
const STARVED_MS = 200;

type Reading = { readonly value: number; readonly summary: string; readonly evidence: Symptom['evidence'] };

const percent = (share: number): string => `${Math.round(share * 100)} %`;
const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;

/** What each cause is read from, in the unit of its threshold. */
const READINGS: Readonly<Record<Cause, (vitals: Vitals) => Reading>> = {
  // A server that computes answers with all processors is doing its work: it counts only when others take them, or when the
  // event loop does not get its turn.
  cpu_high: ({ cpu, eventLoop }) => ({
    value: cpu.process < cpu.machine / 2 || eventLoop.mean > STARVED_MS ? cpu.machine : 0,
    summary: `${percent(cpu.machine)} of all processors are busy, ${percent(cpu.process)} with this server`,
    evidence: { machine: cpu.machine, process: cpu.process },
  }),
  memory_high: ({ memory, heap }) => ({
    value: Math.max(memory.share, heap.share),
    summary:
      heap.share > memory.share
        ? `${percent(heap.share)} of what the server's own JavaScript may hold is used`
        : `${percent(memory.share)} of the memory is used`,
    evidence: { ...memory, heap: { ...heap } },
  }),
  disk_high: ({ disk }) => ({
    value: disk.share,
    summary: `The disk of the data folder is ${percent(disk.share)} full`,
    evidence: { ...disk },
  }),
  engine_crashed: ({ crashes }) => ({
    value: crashes.length,
    summary: `A thread of the engine died: ${crashes.at(-1) ?? ''}`,
    evidence: { crashes: [...crashes] },
  }),
  kernel_hung: ({ engine }) => ({
    value: engine.silentMs,
    summary: `The engine has not answered for ${seconds(engine.silentMs)}`,
    evidence: { ...engine },
  }),
  pool_exhausted: ({ pool }) => ({
    value: pool.idle > 0 || pool.open < pool.most ? 0 : pool.waiting,
    summary: `${pool.waiting} callers wait for one of ${pool.most} database connections`,
    evidence: { ...pool },
  }),
  database_away: ({ database }) => ({
    value: database.awayMs,
    summary: `The database has not answered for ${seconds(database.awayMs)}: ${database.detail}`,
    evidence: { ...database },
  }),
  log_lag: ({ log }) => ({
    value: log.lagMs,
    summary: `${log.waiting} entries wait for their place in the log, the oldest for ${seconds(log.lagMs)}`,
    evidence: { ...log },
  }),
  blob_corrupt: ({ damaged }) => ({
    value: damaged.length,
    summary: `Blocks are damaged or missing: ${damaged.map(({ name }) => name).join(', ')}`,
    evidence: { blocks: damaged.map((block) => ({ ...block })) },
  }),
  process_crashed: ({ ends }) => ({
    value: ends.length,
    summary: `Within an hour the server ended ${ends.length} times though nobody told it to, the last time: ${ends.at(-1) ?? ''}`,
    evidence: { ends: [...ends] },
  }),
  workers_down: ({ workers }) => ({
    value: workers.brokenMs,
    summary: `Nobody has taken jobs of ${workers.queue} for ${seconds(workers.brokenMs)}: ${workers.detail}`,
    evidence: { ...workers },
  }),
};

/** Causes that explain others: a database that is away fills the pool, holds up the log and ends the workers of its queues. */
const EXPLAINS: Readonly<Partial<Record<Cause, readonly Cause[]>>> = {
  database_away: ['pool_exhausted', 'log_lag', 'workers_down'],
};

/**
 * What is wrong now, each cause at most once. What is explained by another cause is left out; when nothing known is wrong and
 * the server still is not ready, the cause is unknown.
 */
export function diagnose(vitals: Vitals, rules: HealingRules): Symptom[] {
  const found = CAUSES.flatMap((cause): (Symptom & { cause: Cause })[] => {
    const { value, summary, evidence } = READINGS[cause](vitals);
    const { threshold } = rules[cause];
    if (value < threshold) return [];
    return [{ cause, summary, evidence: { ...evidence, threshold }, match: 1 }];
  });
  const explained = new Set(found.flatMap(({ cause }) => EXPLAINS[cause] ?? []));
  const causes = found.filter(({ cause }) => !explained.has(cause));
  const { status, detail } = vitals.readiness;
  if (causes.length > 0 || status !== 'failed') return causes;
  return [
    { cause: 'unknown', summary: `The server is not ready: ${detail}`, evidence: { detail }, match: 0 },
  ];
}
