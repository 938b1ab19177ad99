import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { QueueRegistry } from '../../common/observation/queue-registry.js';
import { AppConfig } from '../../config/index.js';
import { DATABASE_CONNECTION, DurableQueue, type DatabaseConnection } from '../../database/index.js';

/** A job: the step to be done. */
export interface StepJob {
  readonly task: string;
  readonly step: number;
}

/** The durable queue of steps. */
@Injectable()
export class StepQueue extends DurableQueue<StepJob> {
  constructor(
    config: AppConfig,
    @Inject(DATABASE_CONNECTION) connection: DatabaseConnection,
    queues: QueueRegistry,
  ) {
    const options = {
      ...{ identifier: 'stemma_step', application: 'stemma-tasks', logger: 'Tasks' },
      atOnce: config.taskWorkers,
    };
    super(config, connection, options, queues);
  }

  /** Adds a job in the caller's transaction; one per step, a later one replaces an earlier. */
  async add(manager: EntityManager, { task, step }: StepJob, delayMs = 0): Promise<void> {
    await this.put(manager, `${task}/${step}`, { task, step }, { delayMs });
  }

  /** Adds a job for a step that may have lost its own; one that waits keeps its time. */
  async restore(manager: EntityManager, { task, step }: StepJob): Promise<void> {
    await this.put(manager, `${task}/${step}`, { task, step }, { keep: true });
  }
}
