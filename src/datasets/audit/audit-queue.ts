import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { QueueRegistry } from '../../common/observation/queue-registry.js';
import { AppConfig } from '../../config/index.js';
import { DATABASE_CONNECTION, DurableQueue, type DatabaseConnection } from '../../database/index.js';

/** A job: the dataset to be looked through. */
export interface AuditJob {
  readonly dataset: string;
}

/** The durable queue of audits. One at a time: a thread that reads a file as fast as it can. */
@Injectable()
export class AuditQueue extends DurableQueue<AuditJob> {
  constructor(
    config: AppConfig,
    @Inject(DATABASE_CONNECTION) connection: DatabaseConnection,
    queues: QueueRegistry,
  ) {
    const options = {
      ...{ identifier: 'stemma_dataset_audit', application: 'stemma-datasets', logger: 'Datasets' },
      atOnce: 1,
    };
    super(config, connection, options, queues);
  }

  /** Adds the job of a dataset; one that waits stays as it is. @param gone a worker whose jobs nobody does any more */
  async add(manager: EntityManager, dataset: string, gone: string | null): Promise<void> {
    await this.unlock(manager, gone === null ? [] : [gone]);
    await this.put(manager, `dataset/${dataset}`, { dataset }, { keep: true });
  }
}
