import { Injectable } from '@nestjs/common';
import { QueueRegistry } from '../../common/observation/queue-registry.js';
import { nothingTouched, type Remedy } from './remedy.js';

/** What can be done about the workers of durable queues. */
@Injectable()
export class WorkerRemedy {
  readonly all: readonly Remedy[];

  constructor(queues: QueueRegistry) {
    this.all = [
      {
        name: 'restart_workers',
        expectedEffect: 'jobs of tasks, audits and submissions are taken up again, over new connections',
        blastRadius: 'queues that have no workers now (all, by hand); jobs wait in the database meanwhile',
        blastShare: nothingTouched,
        undo: 'nothing to undo: a job is done until its end is noted',
        act: async (_why, cause) => {
          // A person may know of workers that are there and do nothing.
          const broken = queues.all.filter((queue) => cause === 'manual' || queue.state().brokenMs > 0);
          await Promise.all(broken.map((queue) => queue.restart()));
          return broken.length === 0
            ? 'every queue has its workers'
            : `new workers for ${broken.map(({ identifier }) => identifier).join(', ')}`;
        },
      },
    ];
  }
}
