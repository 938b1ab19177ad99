export { EventsModule } from './events.module.js';
export {
  HealthRegistry,
  type HealthProbe,
  type HealthReport,
  type HealthStatus,
  type Readiness,
} from './health-registry.js';
export { LiveFigures, type FigureReader } from './live-figures.js';
export { MetricRegistry, type MetricOptions } from './metric-registry.js';
export { MonitoringModule } from './monitoring.module.js';
export { VersionRegistry } from './version-registry.js';
