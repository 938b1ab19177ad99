import type { CpuShare, DiskReading, MemoryReading, PoolReading } from '../../monitoring/index.js';

/** A damaged block: what it is called and the hash its payload must have. */
export interface DamagedBlock {
  readonly block: string;
  readonly name: string;
  readonly detail: string;
}

/** How everything fares at one moment. Times are ms. */
export interface Vitals {
  /** ms since the epoch. */
  readonly at: number;
  readonly cpu: CpuShare;
  readonly memory: MemoryReading;
  /** The server's own JavaScript, against V8's limit. */
  readonly heap: MemoryReading;
  readonly disk: DiskReading;
  readonly eventLoop: { readonly mean: number; readonly worst: number };
  readonly pool: PoolReading;
  /** For how long the database has not answered; 0 when it just did. */
  readonly database: { readonly awayMs: number; readonly detail: string };
  /** For how long the engine has not answered; 0 when it just did or does not run. `running`: null before it started. */
  readonly engine: { readonly running: boolean | null; readonly silentMs: number };
  /** What the caches hold, bytes: weights of experts, and keys and values of running answers. */
  readonly caches: { readonly experts: number; readonly kv: number };
  readonly log: { readonly waiting: number; readonly lagMs: number };
  /** Deaths of engine threads that are not healed yet. */
  readonly crashes: readonly string[];
  /** How servers of this data folder ended within the last hour that nobody told to, oldest first. */
  readonly ends: readonly string[];
  /** The queue of jobs that has been without workers for longest; 0 while all have theirs. */
  readonly workers: { readonly brokenMs: number; readonly queue: string; readonly detail: string };
  /** Blocks that failed and are not whole again. */
  readonly damaged: readonly DamagedBlock[];
  /** What `/ready` says. */
  readonly readiness: { readonly status: 'ok' | 'degraded' | 'failed'; readonly detail: string };
}
