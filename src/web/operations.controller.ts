import { createHash, timingSafeEqual } from 'node:crypto';
import { Controller, Get, Header, Headers, HttpCode, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { HealthRegistry, type Readiness } from '../common/observation/health-registry.js';
import { MetricRegistry } from '../common/observation/metric-registry.js';
import { Unlimited } from '../auth/index.js';
import { ProblemException } from '../common/problem.js';
import { AppConfig } from '../config/index.js';
import { VersionReport } from './version-report.js';

/** Liveness, readiness, metrics and version. */
@ApiTags('operations')
@Controller()
@Unlimited()
export class OperationsController {
  constructor(
    private readonly config: AppConfig,
    private readonly health: HealthRegistry,
    private readonly metrics: MetricRegistry,
    private readonly version: VersionReport,
  ) {}

  @Get('health')
  @Header('cache-control', 'no-store')
  @ApiOperation({ summary: 'Liveness: answers as long as the process does, whatever else is wrong' })
  getHealth(): { status: 'ok'; uptime_s: number } {
    return { status: 'ok', uptime_s: Math.round(process.uptime()) };
  }

  @Get('ready')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Readiness: 200 when everything needed to answer works (also degraded), 503 otherwise',
  })
  async getReadiness(@Res({ passthrough: true }) reply: FastifyReply): Promise<Readiness> {
    const readiness = await this.health.check();
    void reply.status(readiness.status === 'failed' ? 503 : 200).header('cache-control', 'no-store');
    return readiness;
  }

  @Get('metrics')
  @ApiOperation({ summary: 'Prometheus metrics; asks for METRICS_TOKEN when one is set' })
  async getMetrics(
    @Headers('authorization') authorization: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { metricsToken } = this.config;
    if (metricsToken !== null && !sameText(authorization ?? '', `Bearer ${metricsToken}`)) {
      throw new ProblemException(
        401,
        'UNAUTHENTICATED',
        'Metrics need the metrics token.',
        {},
        {
          'www-authenticate': 'Bearer realm="stemma-metrics"',
        },
      );
    }
    const text = await this.metrics.print();
    await reply
      .header('content-type', this.metrics.contentType)
      .header('cache-control', 'no-store')
      .send(text);
  }

  @Get('version')
  @ApiOperation({ summary: 'What is running: version, commit, Node.js, kernel' })
  getVersion(): Readonly<Record<string, string | null>> {
    return this.version.read();
  }
}

/** Compares digests, so that neither content nor length shows in the time taken. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
