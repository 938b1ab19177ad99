import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { EventBus } from '../common/index.js';
import { HealthRegistry, type HealthStatus } from '../common/observation/health-registry.js';
import { MetricRegistry } from '../common/observation/metric-registry.js';

const EVERY_MS = 5_000;

/** Looks at all probes every few seconds and tells when readiness changes. */
@Injectable()
export class ReadinessWatch implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('Readiness');
  private timer: NodeJS.Timeout | undefined;
  private looking = false;
  private last: HealthStatus | null = null;

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

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.look(), EVERY_MS);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /** One look; a look that is still going on is not joined by another. */
  private async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    const { status, probes } = await this.health.check();
    this.looking = false;
    if (status === this.last) return;
    const troubles = Object.entries(probes).filter(([, report]) => report.status !== 'ok');
    const detail = troubles.map(([name, report]) => `${name}: ${report.detail}`).join('; ');
    if (status === 'ok' && this.last !== null) this.logger.log('ready again');
    if (status !== 'ok') this.logger.warn(`${status}: ${detail}`);
    this.last = status;
    this.events.emit('status.changed', { ready: status !== 'failed' });
  }
}
