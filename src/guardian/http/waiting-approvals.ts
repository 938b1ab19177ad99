import { Injectable } from '@nestjs/common';

/** A step of a task that waits for a guardian's approval, as the dashboard shows it. Times are ms since the epoch. */
export interface WaitingApproval {
  readonly task_id: string;
  readonly step_id: string;
  readonly task_type: string;
  readonly step_type: string;
  readonly action_type: string;
  readonly risk: string;
  readonly description: string;
  readonly asked_by: string;
  /** What it moves, decimal digits; null where it moves nothing. */
  readonly amount: string | null;
  readonly plan_hash: string;
  readonly four_eyes: boolean;
  readonly asked_at: number;
  readonly expires_at: number;
  readonly if_nobody_answers: string;
}

/** Where the dashboard learns which tasks wait for an approval: tasks know guardians, and not the other way round. */
@Injectable()
export class WaitingApprovals {
  private read: () => Promise<readonly WaitingApproval[]> = async () => [];

  /** Who knows the requests that wait, those that end first in front. */
  provide(read: () => Promise<readonly WaitingApproval[]>): void {
    this.read = read;
  }

  /** The requests that wait. */
  all(): Promise<readonly WaitingApproval[]> {
    return this.read();
  }
}
