import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AppConfig } from '../../config/index.js';
import type { DatasetRecord } from '../registry/dataset-record.js';
import { quorumOf } from './decide-vote.js';
import type { VoteState } from './vote-state.js';

/** Whoever was here within this time is active. */
const ACTIVE = `interval '30 days'`;

/** Opens votes. */
@Injectable()
export class VoteOpening {
  constructor(
    private readonly config: AppConfig,
    private readonly dataSource: DataSource,
  ) {}

  /** The next vote on a dataset; its quorum comes from the accounts that are active now. */
  async next({ vote }: Pick<DatasetRecord, 'vote'>, now: number): Promise<VoteState> {
    return {
      ...{ round: (vote?.round ?? 0) + 1, opened_at: now },
      ends_at: now + this.config.datasetVoteSeconds * 1000,
      ...{ quorum: quorumOf(await this.activeAccounts()), extended: false, tally: null },
    };
  }

  private async activeAccounts(): Promise<number> {
    const [{ active }] = await this.dataSource.query<{ active: string }[]>(
      `SELECT count(*) AS active FROM accounts a WHERE NOT disabled
         AND EXISTS (SELECT FROM sessions s WHERE s.account_id = a.id AND s.used_at > now() - ${ACTIVE})`,
    );
    return Number(active);
  }
}
