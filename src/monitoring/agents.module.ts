import { Module } from '@nestjs/common';
import { ChainModule } from '../chain/index.js';
import { LogModule } from '../log/index.js';
import { AgentRegistry } from './agents/agent-registry.js';
import { AgentRunner } from './agents/agent-runner.js';
import { DecisionAgent } from './agents/decision-agent.js';
import { DecisionTrend } from './agents/decision-trend.js';
import { HealthAgent } from './agents/health-agent.js';
import { PerformanceAgent } from './agents/performance-agent.js';
import { SecurityAgent } from './agents/security-agent.js';
import { AlertBook } from './alerts/alert-book.js';
import { AlertMetrics } from './alerts/alert-metrics.js';
import { AlertStore } from './alerts/alert-store.js';
import { AlertTuning } from './alerts/alert-tuning.js';
import { TaskAlerts } from './alerts/task-alerts.js';
import { HistoryReader } from './history/history-reader.js';
import { ObservationStore } from './history/observation-store.js';
import { Partitions } from './history/partitions.js';
import { MonitoringController } from './http/monitoring.controller.js';
import { MonitoringSchedule } from './monitoring-schedule.js';
import { RecordFsck } from './records/record-fsck.js';
import { RecordTrail } from './records/record-trail.js';
import { HealthReports } from './reports/health-reports.js';
import { MachineVitals } from './vitals/machine-vitals.js';

/** Agents, alerts, health reports. Needs the global registries, config, database and events. */
@Module({
  imports: [LogModule, ChainModule],
  controllers: [MonitoringController],
  providers: [
    AgentRegistry,
    AgentRunner,
    PerformanceAgent,
    SecurityAgent,
    HealthAgent,
    DecisionTrend,
    DecisionAgent,
    AlertBook,
    AlertMetrics,
    AlertStore,
    AlertTuning,
    TaskAlerts,
    ObservationStore,
    HistoryReader,
    Partitions,
    MonitoringSchedule,
    RecordTrail,
    RecordFsck,
    HealthReports,
    MachineVitals,
  ],
  exports: [
    AgentRegistry,
    AgentRunner,
    AlertBook,
    AlertStore,
    AlertTuning,
    DecisionTrend,
    MachineVitals,
    HistoryReader,
    ObservationStore,
    RecordTrail,
    TaskAlerts,
  ],
})
export class AgentsModule {}
