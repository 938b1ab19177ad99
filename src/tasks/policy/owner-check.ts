import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AccountStanding, type RoleName } from '../../auth/index.js';
import { CodedError } from '../../common/index.js';
import type { TaskRow } from '../store/rows.js';
import { askPolicies, type PolicyQuestion, type PolicyVerdict } from './policy-verdict.js';
import type { PolicySet } from './policy-rules.js';

/** What the policies say when a step's turn comes. */
export interface TurnVerdict {
  readonly verdict: PolicyVerdict;
  /** `POLICY_DENIED`, or `OWNER_UNFIT` where whoever asked for the task lost the role that it takes (403); null where it is allowed. */
  readonly refusal: CodedError | null;
}

/** Asks the policies with the roles that whoever asked for a task has by now: they may have changed since, as the policies may. */
@Injectable()
export class OwnerCheck {
  constructor(private readonly standing: AccountStanding) {}

  /** The verdict of now. Whoever is no account of this server cannot be looked up, and counts as when they asked. */
  async ask(
    manager: EntityManager,
    { owner, roles: then }: Pick<TaskRow, 'owner' | 'roles'>,
    policies: PolicySet,
    question: Omit<PolicyQuestion, 'roles'>,
  ): Promise<TurnVerdict> {
    const by = (roles: readonly RoleName[]) => askPolicies(policies, { ...question, roles });
    const verdict = by((await this.standing.rolesOf(owner, manager)) ?? then);
    if (verdict.allowed) return { verdict, refusal: null };
    return { verdict, refusal: by(then).allowed ? unfit(owner, verdict) : denied(verdict) };
  }
}

function unfit(owner: string, { reason }: PolicyVerdict): CodedError {
  const detail = `${owner}, who asked for the task, has not the role any more that it takes: ${reason}.`;
  return new CodedError('OWNER_UNFIT', detail, { owner }, 403);
}

function denied({ reason }: PolicyVerdict): CodedError {
  return new CodedError('POLICY_DENIED', `The policies forbid it now: ${reason}.`, {}, 403);
}
