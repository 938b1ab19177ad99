import { Injectable } from '@nestjs/common';
import { MetricRegistry } from '../../common/observation/metric-registry.js';
import { SEVERITIES } from './alert.js';
import { AlertStore } from './alert-store.js';

/** Says in `/metrics` how many alerts are open; while the database is away the last numbers stand. */
@Injectable()
export class AlertMetrics {
  constructor(store: AlertStore, metrics: MetricRegistry) {
    metrics.gauge(
      { name: 'stemma_alerts_open', help: 'Alerts that are not resolved.', labels: ['severity'] },
      async (gauge) => {
        const counts = await store.openCounts().catch(() => null);
        if (counts === null) return;
        for (const severity of SEVERITIES) gauge.set({ severity }, counts[severity] ?? 0);
      },
    );
  }
}
