import { Global, Module } from '@nestjs/common';
import { AccessPatterns } from '../common/observation/access-patterns.js';
import { DependencyRegistry } from '../common/observation/dependency-registry.js';
import { ExaminationRegistry } from '../common/observation/examination-registry.js';
import { HealthRegistry } from '../common/observation/health-registry.js';
import { LearningActivity } from '../common/observation/learning-activity.js';
import { LiveFigures } from '../common/observation/live-figures.js';
import { MetricRegistry } from '../common/observation/metric-registry.js';
import { QueueRegistry } from '../common/observation/queue-registry.js';
import { SecuritySignals } from '../common/observation/security-signals.js';
import { VersionRegistry } from '../common/observation/version-registry.js';
import { Tracing } from '../common/observation/tracing.js';
import { ReadinessWatch } from './readiness-watch.js';
import { TraceExport } from './trace-export.js';

/** Gives every module the registries through which it can be observed. */
@Global()
@Module({
  providers: [
    HealthRegistry,
    DependencyRegistry,
    ExaminationRegistry,
    LiveFigures,
    LearningActivity,
    MetricRegistry,
    QueueRegistry,
    VersionRegistry,
    Tracing,
    SecuritySignals,
    AccessPatterns,
    ReadinessWatch,
    TraceExport,
  ],
  exports: [
    HealthRegistry,
    DependencyRegistry,
    ExaminationRegistry,
    LiveFigures,
    LearningActivity,
    MetricRegistry,
    QueueRegistry,
    VersionRegistry,
    Tracing,
    SecuritySignals,
    AccessPatterns,
    ReadinessWatch,
  ],
})
export class MonitoringModule {}
