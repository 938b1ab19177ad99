import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { WaitingApprovals, type WaitingApproval } from '../../guardian/index.js';

/** Requests that the dashboard shows; further ones follow as these are answered. */
const MOST_SHOWN = 200;

interface Row {
  readonly task_id: string;
  readonly step_index: number;
  readonly task_type: string;
  readonly step_type: string;
  readonly action_type: string;
  readonly risk: string;
  readonly description: string;
  readonly owner: string;
  readonly amount: string | null;
  readonly plan_hash: string;
  readonly four_eyes: boolean;
  readonly requested_at: Date;
  readonly expires_at: Date;
}

/** Shows the guardians' dashboard which steps wait for an approval. */
@Injectable()
export class OpenApprovals {
  constructor(
    private readonly dataSource: DataSource,
    dashboard: WaitingApprovals,
  ) {
    dashboard.provide(() => this.all());
  }

  /** Requests that can still be answered, those that end first in front. */
  async all(): Promise<readonly WaitingApproval[]> {
    const rows = await this.dataSource.query<Row[]>(
      `SELECT a.task_id, a.step_index, t.task_type, s.type AS step_type, s.action_type, t.risk, t.description, t.owner,
         s.amount, a.plan_hash, a.four_eyes, a.requested_at, a.expires_at
       FROM task_approvals a JOIN task_steps s USING (task_id, step_index) JOIN tasks t ON t.id = a.task_id
       WHERE a.state = 'pending' AND a.expires_at > now() ORDER BY a.expires_at, a.task_id LIMIT $1`,
      [MOST_SHOWN],
    );
    return rows.map(({ step_index: step, owner, requested_at: asked, expires_at: until, ...row }) => ({
      ...row,
      step_id: String(step),
      asked_by: owner,
      asked_at: asked.getTime(),
      expires_at: until.getTime(),
      if_nobody_answers: 'it is not done, and the task fails',
    }));
  }
}
