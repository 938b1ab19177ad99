import type { Features } from '../../decision/index.js';
import type { EngineSize } from '../../inference/index.js';
import type { Load } from './load-watch.js';
import type { History, Service } from './service-evidence.js';

/** Share of failed answers that counts as full. */
const FULL_FAILURES = 0.2;
/** Fewer answers than this make one failure no large share. */
const LEAST_ANSWERS = 10;

/** What speaks for giving the server more (`up`) or less; each points the same way: 1 speaks most for the change. */
export function scalingFeatures(
  up: boolean,
  service: Service,
  history: History,
  headroom = service.memoryFree,
): Features {
  const { load } = service;
  const waiting = Math.min(1, load.queued / load.streams);
  const slower = slowdown(service);
  return {
    pressure: up ? load.busy : load.idle,
    queue: up ? waiting : 1 - waiting,
    ...(slower === null ? {} : { latency: up ? slower : 1 - slower }),
    errors: failures(service),
    duration: up ? load.busyFor : load.idleFor,
    headroom: within(headroom),
    track_record: trackRecord(history),
    oscillation: history.takenBack,
  };
}

/** How much slower first tokens are than usual: 0 not at all, 1 twice as long. Null where it is not known; without answers nobody is slow. */
export function slowdown({ firstTokenMs, usualFirstTokenMs }: Service): number | null {
  if (firstTokenMs === null) return 0;
  if (usualFirstTokenMs === null || usualFirstTokenMs <= 0) return null;
  return within(firstTokenMs / usualFirstTokenMs - 1);
}

/** Share of the answers of late that failed: 0 none, 1 a fifth or more. */
export function failures({ answers, failed }: Pick<Service, 'answers' | 'failed'>): number {
  return within(failed / Math.max(LEAST_ANSWERS, answers) / FULL_FAILURES);
}

/** How often the same action helped, one time for and one against it added: 0.5 where it was never tried. */
export function trackRecord({ tried, helped }: Pick<History, 'tried' | 'helped'>): number {
  return (helped + 1) / (tried + 2);
}

/**
 * Share of what the server does that changing the engine's size touches: the largest share of threads, streams or memory that
 * comes or goes, and where something goes, the share of the streams that are in use: their answers get less.
 */
export function touchedShare(now: EngineSize, wanted: Partial<EngineSize>, { busy }: Load): number {
  const fields = Object.keys(now) as (keyof EngineSize)[];
  const shares = fields.map((field) => changedShare(now[field], wanted[field] ?? now[field]));
  const less = fields.some((field) => (wanted[field] ?? now[field]) < now[field]);
  return Math.max(less ? busy : 0, ...shares);
}

/**
 * Share that changing the number of servers touches: those that come or go, and when they go, what is in use of those that
 * stay with what they take over.
 */
export function touchedServers(now: number, wanted: number, { busy }: Load): number {
  const takenOver = wanted < now ? (busy * now) / wanted : 0;
  return within(Math.max(changedShare(now, wanted), takenOver));
}

function changedShare(now: number, wanted: number): number {
  const most = Math.max(now, wanted);
  return most === 0 ? 0 : Math.abs(wanted - now) / most;
}

function within(value: number): number {
  return Math.max(0, Math.min(1, value));
}
