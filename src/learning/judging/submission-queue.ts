import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { QueueRegistry } from '../../common/observation/queue-registry.js';
import { AppConfig } from '../../config/index.js';
import { DATABASE_CONNECTION, DurableQueue, type DatabaseConnection } from '../../database/index.js';

/** A job: the submission to go on with. */
export interface SubmissionJob {
  readonly id: string;
}

/** The durable queue of submissions. Two at once: an evaluation fills the engine by itself, other steps wait for the log. */
@Injectable()
export class SubmissionQueue extends DurableQueue<SubmissionJob> {
  constructor(
    config: AppConfig,
    @Inject(DATABASE_CONNECTION) connection: DatabaseConnection,
    queues: QueueRegistry,
  ) {
    const options = {
      ...{ identifier: 'stemma_submission', application: 'stemma-learning', logger: 'Learning' },
      atOnce: 2,
    };
    super(config, connection, options, queues);
  }

  /** Adds a job in the caller's transaction; one per submission, a later one replaces an earlier. */
  async add(manager: Pick<EntityManager, 'query'>, id: string, delayMs = 0): Promise<void> {
    await this.put(manager, id, { id }, { delayMs });
  }
}
