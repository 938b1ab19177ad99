import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DependencyRegistry } from '../../common/observation/dependency-registry.js';
import type { HealthReport } from '../../common/observation/health-registry.js';
import { Limiters } from './limiters.js';

/** Tells whether the Redis of `REDIS_URL` answers; without one nothing is asked. */
@Injectable()
export class RedisProbe implements OnModuleInit {
  constructor(
    private readonly limiters: Limiters,
    private readonly dependencies: DependencyRegistry,
  ) {}

  onModuleInit(): void {
    if (this.limiters.shared) this.dependencies.register({ name: 'redis', check: () => this.check() });
  }

  private async check(): Promise<HealthReport> {
    await this.limiters.ping();
    return { status: 'ok', detail: 'answers' };
  }
}
