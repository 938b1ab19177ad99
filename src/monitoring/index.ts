export { AppLogger, createPino } from './app-logger.js';
export { EventsModule } from './events.module.js';
export {
  HealthRegistry,
  type HealthProbe,
  type HealthReport,
  type HealthStatus,
  type Readiness,
} from '../common/observation/health-registry.js';
export { LiveFigures, type FigureReader } from '../common/observation/live-figures.js';
export { MetricRegistry, type MetricOptions } from '../common/observation/metric-registry.js';
export { MonitoringModule } from './monitoring.module.js';
export { Tracing } from '../common/observation/tracing.js';
export { VersionRegistry } from '../common/observation/version-registry.js';
