import { Injectable } from '@nestjs/common';
import { HealthRegistry, type HealthReport, type Readiness } from './health-registry.js';

/**
 * Probes of what lies outside this server and is configured: Redis, an EVM node, a peer. Asked in the rounds of the health agent
 * alone and not with `/ready`, which is asked every few seconds. Without them the server still answers, so one that fails or
 * does not answer in time is degraded at worst. What is not configured is not registered, and so never asked.
 */
@Injectable()
export class DependencyRegistry extends HealthRegistry {
  override async check(): Promise<Readiness> {
    const { status, probes } = await super.check();
    const reports = Object.entries(probes).map(([name, report]) => [name, atWorstDegraded(report)] as const);
    return { status: status === 'ok' ? 'ok' : 'degraded', probes: Object.fromEntries(reports) };
  }
}

function atWorstDegraded(report: HealthReport): HealthReport {
  return report.status === 'failed' ? { ...report, status: 'degraded' } : report;
}
