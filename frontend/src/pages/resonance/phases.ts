/** The four phases, in the order the picture passes through them. */
export type PhaseName = 'load' | 'confidence' | 'health' | 'learning';

/** What a phase stands for. */
export interface Phase {
  readonly name: PhaseName;
  readonly label: string;
  readonly colour: 'red' | 'green' | 'blue' | 'purple';
  /** What 0 and 1 mean, for people. */
  readonly meaning: string;
}

/** From the inside of the picture outwards. */
export const PHASES: readonly Phase[] = [
  { name: 'load', label: 'Load', colour: 'red', meaning: '0 is idle; 1 is more answers than can be counted' },
  { name: 'confidence', label: 'Confidence', colour: 'green', meaning: 'how sure the last decisions were' },
  { name: 'health', label: 'Health', colour: 'blue', meaning: 'share of the probes that find nothing wrong' },
  { name: 'learning', label: 'Learning', colour: 'purple', meaning: 'how much is being learnt' },
];

/** A phase as measured now: from 0 to 1, or null where there is no data; and what was measured, in words. */
export interface Measured {
  readonly value: number | null;
  readonly detail: string;
}

/** What is measured now, by phase. */
export type Readings = Readonly<Record<PhaseName, Measured>>;

/** What is known of the answers that run and wait; null before the first sample. */
export interface Work {
  readonly active: number;
  readonly queued: number;
  readonly tokensPerSecond: number;
}

/** Answers at which the load reads one half: as many as run together on a small machine. */
const HALF_LOAD = 4;

/** The load: grows with running and waiting answers, ever slower, towards 1. */
export function loadOf(work: Work | null): Measured {
  if (work === null) return { value: null, detail: 'no data' };
  const busy = work.active + work.queued;
  const detail = `${work.active} running, ${work.queued} waiting, ${work.tokensPerSecond.toFixed(1)} tokens/s`;
  return { value: busy / (busy + HALF_LOAD), detail };
}

/** Health: probes that are well count 1, degraded ones a half. */
export function healthOf(statuses: readonly string[] | null): Measured {
  if (statuses === null || statuses.length === 0) return { value: null, detail: 'no data' };
  const well = statuses.filter((status) => status === 'ok').length;
  const degraded = statuses.filter((status) => status === 'degraded').length;
  const detail = `${well} of ${statuses.length} probes well`;
  return { value: (well + degraded / 2) / statuses.length, detail };
}

/** A figure the server publishes as a share from 0 to 1, or nothing where it publishes none. */
export function figureOf(value: unknown): Measured {
  if (typeof value !== 'number' || !(value >= 0 && value <= 1)) return { value: null, detail: 'no data' };
  return { value, detail: value.toFixed(2) };
}
