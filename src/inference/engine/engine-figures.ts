import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { LiveFigures } from '../../common/observation/live-figures.js';
import { MetricRegistry } from '../../common/observation/metric-registry.js';
import { ExpertUsage, type ExpertUsageSource } from '../../experts/index.js';
import { AppConfig } from '../../config/index.js';
import { latestChoice, type PolicyChoice } from '../cache-lab/policy-choice.js';
import type { EngineStats } from '../kernel/index.js';
import { EngineHost } from './engine-host.js';

/** How often the engine is asked, ms. */
const INTERVAL_MS = 1_000;
/** How often the findings of cache-lab are read again, ms. */
const CHOICE_INTERVAL_MS = 10_000;

/** The engine's figures as they were within the last second: for metrics, the dashboard and the expert lists. */
@Injectable()
export class EngineFigures implements ExpertUsageSource {
  private stats: EngineStats | null = null;
  private choice: PolicyChoice | null = null;
  private choiceReadAt = -Infinity;
  private asking = false;

  constructor(
    private readonly host: EngineHost,
    private readonly config: AppConfig,
    usage: ExpertUsage,
    metrics: MetricRegistry,
    figures: LiveFigures,
  ) {
    usage.register(this);
    this.describe(metrics);
    figures.register('expert_cache_bytes', () => this.stats?.cache.bytes ?? 0);
    figures.register('kv_cache_bytes', () => this.stats?.kv.usedBytes ?? 0);
  }

  uses(release: string) {
    return this.stats?.models.find((model) => model.release === release)?.experts ?? [];
  }

  cache() {
    return this.stats === null ? null : { ...this.stats.cache, foresight: this.stats.foresight };
  }

  lab() {
    return this.choice;
  }

  /** A slow answer is waited for, never piled up. */
  @Interval(INTERVAL_MS)
  protected async ask(): Promise<void> {
    const engine = this.host.current;
    if (engine === null || this.asking) return;
    this.asking = true;
    try {
      const stats = await engine.stats();
      if (stats.ok) this.stats = stats.value;
      if (performance.now() - this.choiceReadAt > CHOICE_INTERVAL_MS) {
        this.choiceReadAt = performance.now();
        this.choice = await latestChoice(this.config.dataDir);
      }
    } finally {
      this.asking = false;
    }
  }

  private describe(metrics: MetricRegistry): void {
    const gauge = (name: `stemma_${string}`, help: string, read: (stats: EngineStats) => number) =>
      metrics.gauge({ name, help }, (gauge) => gauge.set(this.stats === null ? 0 : read(this.stats)));
    gauge('stemma_expert_cache_bytes', 'Bytes of expert weights in memory.', ({ cache }) => cache.bytes);
    gauge('stemma_expert_cache_budget_bytes', 'Bytes expert weights may take.', ({ cache }) => cache.budget);
    gauge('stemma_expert_cache_hits', 'Uses of an expert that was in memory.', ({ cache }) => cache.hits);
    gauge(
      'stemma_expert_cache_misses',
      'Uses of an expert that was read from disk.',
      ({ cache }) => cache.misses,
    );
    gauge('stemma_expert_cache_evictions', 'Experts put out of memory.', ({ cache }) => cache.evictions);
    gauge(
      'stemma_expert_prefetch_loads',
      'Experts loaded because they were foretold.',
      ({ cache }) => cache.prefetched,
    );
    gauge(
      'stemma_expert_prefetch_used',
      'Experts loaded because they were foretold, and then used.',
      ({ cache }) => cache.prefetchUsed,
    );
    gauge(
      'stemma_expert_load_seconds',
      'Time spent reading and verifying experts.',
      ({ cache }) => cache.loadMs / 1000,
    );
    gauge('stemma_kv_cache_bytes', 'Bytes of keys and values of running answers.', ({ kv }) => kv.usedBytes);
    gauge(
      'stemma_prefix_cache_bytes',
      'Bytes of keys and values that requests share or may come to share.',
      ({ prefixCache }) => prefixCache.bytes,
    );
    gauge(
      'stemma_prefix_cache_hits',
      'Pages of 32 prompt tokens taken from the prefix cache.',
      ({ prefixCache }) => prefixCache.hits,
    );
    gauge(
      'stemma_prefix_cache_misses',
      'Pages of 32 prompt tokens that had to be computed.',
      ({ prefixCache }) => prefixCache.misses,
    );
    gauge(
      'stemma_prefix_cache_evictions',
      'Pages put out of the prefix cache.',
      ({ prefixCache }) => prefixCache.evictions,
    );
    gauge(
      'stemma_speculation_drafted_tokens',
      'Tokens guessed from the text so far.',
      ({ speculation }) => speculation.drafted,
    );
    gauge(
      'stemma_speculation_accepted_tokens',
      'Guessed tokens that were right.',
      ({ speculation }) => speculation.accepted,
    );
    gauge(
      'stemma_speculation_verifications',
      'Batches of an answer that verified guesses.',
      ({ speculation }) => speculation.verifications,
    );
    gauge(
      'stemma_kernel_memory_bytes',
      'Size of the memory of the kernel.',
      ({ memoryBytes }) => memoryBytes,
    );
    metrics.gauge(
      {
        name: 'stemma_kernel_compilation',
        help: 'How the kernel was compiled: 1 at joined or plain.',
        labels: ['compilation'],
      },
      (gauge) => {
        gauge.reset();
        const compilation = this.stats?.compilation;
        if (compilation !== undefined) gauge.set({ compilation }, 1);
      },
    );
    gauge('stemma_kernel_steps', 'Batches computed since the engine started.', ({ steps }) => steps);
    gauge('stemma_kernel_step_seconds', 'Time spent in batches.', ({ stepMs }) => stepMs / 1000);
  }
}
