import { Injectable, type OnModuleInit } from '@nestjs/common';
import { LiveFigures } from '../../common/observation/live-figures.js';
import { MetricRegistry } from '../../common/observation/metric-registry.js';
import { EmergencyStop } from './emergency-stop.js';

/** Shows the emergency stop where everybody looks: among the live figures and the metrics. */
@Injectable()
export class StopFigures implements OnModuleInit {
  constructor(
    private readonly emergency: EmergencyStop,
    private readonly figures: LiveFigures,
    private readonly metrics: MetricRegistry,
  ) {}

  onModuleInit(): void {
    const stopped = () => Number(this.emergency.state.stopped);
    this.figures.register('autonomy_stopped', stopped);
    this.metrics.gauge(
      { name: 'stemma_autonomy_stopped', help: 'Whether automatic action is stopped: 1 stopped, 0 not.' },
      (gauge) => gauge.set(stopped()),
    );
  }
}
