export { AppLogger, createPino } from './app-logger.js';
export { AgentRegistry } from './agents/agent-registry.js';
export { AgentRunner, type AgentRun } from './agents/agent-runner.js';
export { observation, type MonitoringAgent, type Observation } from './agents/agent.js';
export { DecisionTrend, type DecisionTrendFigures } from './agents/decision-trend.js';
export { AgentsModule } from './agents.module.js';
export { SEVERITIES, type Alert, type Severity, type Trouble } from './alerts/alert.js';
export { AlertBook } from './alerts/alert-book.js';
export { AlertStore, type AlertFilter } from './alerts/alert-store.js';
export { AlertTuning, type AlertRule } from './alerts/alert-tuning.js';
export { TaskAlerts } from './alerts/task-alerts.js';
export { GONE_MS, isAbandoned, RENEW_MS } from './alerts/viewer.js';
export { EventsModule } from './events.module.js';
export { ObservationStore, type StoredObservation } from './history/observation-store.js';
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
export { ReadinessWatch } from './readiness-watch.js';
export { RecordTrail, type RecordFacts } from './records/record-trail.js';
export { Tracing } from '../common/observation/tracing.js';
export { VersionRegistry } from '../common/observation/version-registry.js';
export type { CpuShare } from './vitals/cpu-meter.js';
export type { MemoryReading } from './vitals/memory-reading.js';
export { inTime } from './vitals/in-time.js';
export { MachineVitals, type DiskReading, type PoolReading } from './vitals/machine-vitals.js';
