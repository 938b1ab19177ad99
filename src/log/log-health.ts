import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { LogFiles } from './files/log-files.js';
import { claimedCheckpoint } from './sequencer/log-publisher.js';
import { Sequencer } from './sequencer/sequencer.js';

/** How the log does, in the shape of a `HealthProbe`. */
@Injectable()
export class LogHealth {
  readonly name = 'log';

  constructor(
    private readonly dataSource: DataSource,
    private readonly files: LogFiles,
    private readonly sequencer: Sequencer,
  ) {}

  /** `failed` when nothing can be sequenced, `degraded` while starting; facts: size, root, entries that wait. */
  async check(): Promise<{
    status: 'ok' | 'degraded' | 'failed';
    detail: string;
    facts: Record<string, unknown>;
  }> {
    const { state, detail } = this.sequencer.status;
    const checkpoint = await claimedCheckpoint(this.files);
    const [{ waiting }] = await this.dataSource.query<{ waiting: string }[]>(
      'SELECT count(*) AS waiting FROM log_entries WHERE leaf_index IS NULL',
    );
    const facts = {
      state,
      size: checkpoint?.size ?? 0,
      root: checkpoint?.root ?? null,
      waiting: Number(waiting),
    };
    const status =
      state === 'failed' ? 'failed' : state === 'sequencing' || state === 'standby' ? 'ok' : 'degraded';
    return { status, detail, facts };
  }
}
