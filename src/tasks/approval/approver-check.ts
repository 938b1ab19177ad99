import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AccountStanding, mayAct } from '../../auth/index.js';
import { CodedError } from '../../common/index.js';
import type { ApprovalRow, TaskRow } from '../store/rows.js';

/** Whether an approval that was given counts when the step's turn comes: policies and roles may have changed since. */
@Injectable()
export class ApproverCheck {
  constructor(private readonly standing: AccountStanding) {}

  /**
   * Why an answer does not count any more; null where it does. `FOUR_EYES`: whoever asked for the task gave it, and four eyes are
   * asked for by now. `APPROVER_UNFIT`: whoever gave it is no guardian any more. Both 403.
   * @param fourEyes whether today's policies ask for four eyes
   */
  async whyNot(
    manager: EntityManager,
    { owner }: Pick<TaskRow, 'owner'>,
    { decidedBy, fourEyes: then }: Pick<ApprovalRow, 'decidedBy' | 'fourEyes'>,
    fourEyes: boolean,
  ): Promise<CodedError | null> {
    if (decidedBy === null) return unfit('nobody');
    if ((then || fourEyes) && decidedBy === owner) return ownApproval(owner);
    const roles = await this.standing.rolesOf(decidedBy, manager);
    if (roles === null || mayAct({ subject: decidedBy, roles }, ['guardian'])) return null;
    return unfit(decidedBy);
  }
}

function ownApproval(by: string): CodedError {
  const detail = `The policies ask for four eyes, and ${by}, who asked for the task, has approved it.`;
  return new CodedError('FOUR_EYES', detail, { by }, 403);
}

function unfit(by: string): CodedError {
  return new CodedError('APPROVER_UNFIT', `${by} approved it, but may not approve any more.`, { by }, 403);
}
