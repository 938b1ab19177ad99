import type { LiveConnection, LiveMessage } from './live.js';
import { isRecord } from './problem.js';

/** One second of the node's life; null where nothing was measured. Times in ms, memory in bytes. */
export interface MetricsSample {
  readonly at: number;
  readonly tokensPerSecond: number;
  readonly firstTokenMs: number | null;
  readonly queued: number;
  readonly active: number;
  readonly memoryBytes: number | null;
  /** From an answer's place in the queue to its first token, and per token after it; over the last five minutes. */
  readonly latency: { readonly firstToken: Latency; readonly outputToken: Latency };
}

/** How many answers were measured and the quantiles of what was, ms; null where nothing was. */
export interface Latency {
  readonly count: number;
  readonly p50: number | null;
  readonly p95: number | null;
}

const KEPT = 900;

/** The last fifteen minutes of samples, kept across pages; at most one per second. */
export class MetricsHistory {
  private samples: readonly MetricsSample[] = [];
  private firstTokenMs: number | null = null;
  private readonly watchers = new Set<() => void>();

  /** Listens to a connection until the returned function is called. */
  follow(live: LiveConnection): () => void {
    return live.onMessage((message) => {
      this.firstTokenMs = firstTokenOf(message) ?? this.firstTokenMs;
      const sample = parseSample(message, this.firstTokenMs);
      if (sample === null || sample.at <= (this.samples.at(-1)?.at ?? 0)) return;
      this.firstTokenMs = null;
      this.samples = [...this.samples.slice(1 - KEPT), sample];
      for (const watcher of this.watchers) watcher();
    });
  }

  /** Oldest first; the same array until a sample is added. */
  readonly current = (): readonly MetricsSample[] => this.samples;

  /** Told of every new sample, until the returned function is called. */
  readonly watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };
}

/** The time to first token of an answer that ended; the newest within a second counts. */
function firstTokenOf({ type, data }: LiveMessage): number | null {
  if (type !== 'inference.finished' || !isRecord(data) || data.completionTokens === 0) return null;
  return typeof data.firstTokenMs === 'number' ? data.firstTokenMs : null;
}

function parseSample(message: LiveMessage, firstTokenMs: number | null): MetricsSample | null {
  if (message.topic !== 'metrics' || !isRecord(message.data)) return null;
  const { data } = message;
  const figure = (name: string): number | null => (typeof data[name] === 'number' ? data[name] : null);
  const latency = (name: string): Latency => {
    const count = figure(`${name}_count`) ?? 0;
    const quantile = (of: string) => (count === 0 ? null : figure(`${name}_${of}_ms`));
    return { count, p50: quantile('p50'), p95: quantile('p95') };
  };
  const tokensPerSecond = figure('tokens_per_second');
  if (tokensPerSecond === null) return null;
  return {
    at: message.at,
    tokensPerSecond,
    firstTokenMs,
    queued: figure('queue_depth') ?? 0,
    active: figure('active_answers') ?? 0,
    memoryBytes: figure('resident_memory_bytes'),
    latency: { firstToken: latency('first_token'), outputToken: latency('output_token') },
  };
}
