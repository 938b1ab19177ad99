import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { messageOf } from '../common/index.js';
import {
  HealthRegistry,
  type HealthProbe,
  type HealthReport,
} from '../common/observation/health-registry.js';
import type { DatabaseConnection } from './connection.js';

/** Injection token of the `DatabaseConnection` this process uses. */
export const DATABASE_CONNECTION = Symbol('DATABASE_CONNECTION');

/** Says whether the database answers. */
@Injectable()
export class DatabaseHealth implements HealthProbe, OnModuleInit {
  readonly name = 'database';

  constructor(
    private readonly dataSource: DataSource,
    private readonly registry: HealthRegistry,
    @Inject(DATABASE_CONNECTION) private readonly connection: DatabaseConnection,
  ) {}

  onModuleInit(): void {
    this.registry.register(this);
  }

  async check(): Promise<HealthReport> {
    const facts = { kind: this.connection.kind, state: this.connection.state() };
    const began = performance.now();
    try {
      await this.dataSource.query('SELECT 1');
    } catch (thrown) {
      return { status: 'failed', detail: `the database does not answer: ${messageOf(thrown)}`, facts };
    }
    const latencyMs = Math.round((performance.now() - began) * 100) / 100;
    return { status: 'ok', detail: 'answers', facts: { ...facts, latency_ms: latencyMs } };
  }
}
