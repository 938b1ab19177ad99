import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { EventBus } from '../common/index.js';
import {
  HealthRegistry,
  type HealthProbe,
  type HealthReport,
} from '../common/observation/health-registry.js';
import { LiveFigures } from '../common/observation/live-figures.js';
import { MetricRegistry } from '../common/observation/metric-registry.js';
import { LogFiles } from './files/log-files.js';
import { claimedCheckpoint } from './sequencer/log-publisher.js';
import { Sequencer } from './sequencer/sequencer.js';

/** Shows how the log does: health probe, metrics, and its size for the dashboard. */
@Injectable()
export class LogHealth implements HealthProbe, OnModuleInit {
  readonly name = 'log';
  private size = 0;

  constructor(
    private readonly dataSource: DataSource,
    private readonly files: LogFiles,
    private readonly sequencer: Sequencer,
    private readonly events: EventBus,
    private readonly health: HealthRegistry,
    private readonly figures: LiveFigures,
    private readonly metrics: MetricRegistry,
  ) {}

  async onModuleInit(): Promise<void> {
    this.size = (await claimedCheckpoint(this.files))?.size ?? 0;
    this.events.on('log.checkpoint', ({ size }) => (this.size = size));
    this.health.register(this);
    this.figures.register('log_size', () => this.size);
    this.metrics.gauge(
      { name: 'stemma_log_leaves', help: 'Leaves under the published checkpoint.' },
      (gauge) => gauge.set(this.size),
    );
  }

  /** `failed` when nothing can be sequenced, `degraded` while starting; facts: size, root, entries that wait. */
  async check(): Promise<HealthReport> {
    const { state, detail } = this.sequencer.status;
    const checkpoint = await claimedCheckpoint(this.files);
    const [{ waiting }] = await this.dataSource.query<{ waiting: string }[]>(
      'SELECT count(*) AS waiting FROM log_entries WHERE leaf_index IS NULL',
    );
    const facts = {
      state,
      size: checkpoint?.size ?? 0,
      root: checkpoint?.root ?? null,
      waiting: Number(waiting),
    };
    const status =
      state === 'failed' ? 'failed' : state === 'sequencing' || state === 'standby' ? 'ok' : 'degraded';
    return { status, detail, facts };
  }
}
