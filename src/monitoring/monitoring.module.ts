import { Global, Module } from '@nestjs/common';
import { HealthRegistry } from './health-registry.js';
import { LiveFigures } from './live-figures.js';
import { MetricRegistry } from './metric-registry.js';
import { VersionRegistry } from './version-registry.js';

/** Gives every module the registries through which it can be observed. */
@Global()
@Module({
  providers: [HealthRegistry, LiveFigures, MetricRegistry, VersionRegistry],
  exports: [HealthRegistry, LiveFigures, MetricRegistry, VersionRegistry],
})
export class MonitoringModule {}
