import { Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { EventBus } from '../common/index.js';
import { HealthRegistry, type HealthStatus } from '../common/observation/health-registry.js';
import { MetricRegistry } from '../common/observation/metric-registry.js';

const EVERY_MS = 5_000;

/** Looks at all probes every few seconds and tells when readiness changes. */
@Injectable()
export class ReadinessWatch {
  private readonly logger = new Logger('Readiness');
  private looking = false;
  private last: HealthStatus | null = null;
  private words = '';

  constructor(
    private readonly health: HealthRegistry,
    private readonly events: EventBus,
    metrics: MetricRegistry,
  ) {
    metrics.gauge(
      { name: 'stemma_ready_state', help: 'Readiness: 2 ok, 1 degraded, 0 failed, -1 not known yet' },
      (gauge) => gauge.set(this.last === null ? -1 : ['failed', 'degraded', 'ok'].indexOf(this.last)),
    );
  }

  /** What the last look found, and what is wrong in words; null before the first. At most some seconds old. */
  get latest(): { readonly status: HealthStatus; readonly detail: string } | null {
    return this.last === null ? null : { status: this.last, detail: this.words };
  }

  /** One look; a look that is still going on is not joined by another. */
  @Interval(EVERY_MS)
  protected async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    const { status, probes } = await this.health.check().finally(() => (this.looking = false));
    const troubles = Object.entries(probes).filter(([, report]) => report.status !== 'ok');
    const detail = troubles.map(([name, report]) => `${name}: ${report.detail}`).join('; ');
    this.words = detail;
    if (status === this.last) return;
    if (status === 'ok' && this.last !== null) this.logger.log('ready again');
    if (status !== 'ok') this.logger.warn(`${status}: ${detail}`);
    this.last = status;
    this.events.emit('status.changed', { ready: status !== 'failed' });
  }
}
