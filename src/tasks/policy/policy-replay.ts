import { Injectable } from '@nestjs/common';
import { err, ok, type Result } from '../../common/index.js';
import { PlanService } from '../plan/plan-service.js';
import { StepRegistry } from '../steps/step-registry.js';
import { TaskStore } from '../store/task-store.js';
import { parsePolicyFile } from './policy-rules.js';
import { askPolicies, type PolicyVerdict } from './policy-verdict.js';

/** What rules would have said of a task. */
export interface ReplayedTask {
  readonly task: string;
  readonly task_type: string;
  readonly action_type: string;
  readonly state: string;
  readonly before: Pick<PolicyVerdict, 'allowed' | 'requires_approval' | 'four_eyes' | 'rule'>;
  readonly after: PolicyVerdict;
  /** Whether it would have gone another way. */
  readonly differs: boolean;
}

/** Asks rules that are not in force about tasks of the past. Nothing is changed. */
@Injectable()
export class PolicyReplay {
  constructor(
    private readonly store: TaskStore,
    private readonly plans: PlanService,
    private readonly registry: StepRegistry,
  ) {}

  /** The last tasks, newest first. `POLICY_INVALID` for rules that cannot be read. */
  async replay(policy: string, last: number): Promise<Result<readonly ReplayedTask[]>> {
    const policies = parsePolicyFile('policy', policy);
    if (!policies.ok) return err(policies.error);
    const replayed: ReplayedTask[] = [];
    for (const task of await this.store.list({ limit: last })) {
      const stored = await this.plans.find(task.planId);
      if (!stored.ok) continue;
      const { plan, verdict } = stored.value;
      const verdicts = plan.steps.map((step) => {
        const handler = this.registry.of(step.type);
        const {
          risk,
          movesValue = false,
          alwaysApproval = false,
        } = handler.ok ? handler.value : { risk: plan.risk };
        return askPolicies(policies.value, {
          ...{ actionType: step.action_type, risk, movesValue, alwaysApproval, amount: step.amount },
          ...{ roles: task.roles, at: task.createdAt },
        });
      });
      // What any step asks for counts, then as now: the step that is riskiest need not be the one that asks for most.
      const before = { ...verdict, ...askedFor(plan.steps) };
      const worst = verdicts.find(({ allowed }) => !allowed) ?? verdicts.reduce(stricter);
      const after = { ...worst, ...askedFor(verdicts) };
      replayed.push({
        ...{ task: task.id, task_type: task.taskType, action_type: task.actionType, state: task.state },
        ...{ before: partOf(before), after },
        differs:
          JSON.stringify(partOf({ ...before, rule: null })) !==
          JSON.stringify(partOf({ ...after, rule: null })),
      });
    }
    return ok(replayed);
  }
}

type Asked = Pick<PolicyVerdict, 'requires_approval' | 'four_eyes'>;

function askedFor(steps: readonly Asked[]): Asked {
  return {
    requires_approval: steps.some((step) => step.requires_approval),
    four_eyes: steps.some((step) => step.four_eyes),
  };
}

function stricter(a: PolicyVerdict, b: PolicyVerdict): PolicyVerdict {
  return Number(b.requires_approval) + Number(b.four_eyes) > Number(a.requires_approval) + Number(a.four_eyes)
    ? b
    : a;
}

function partOf({
  allowed,
  requires_approval,
  four_eyes,
  rule,
}: ReplayedTask['before']): ReplayedTask['before'] {
  return { allowed, requires_approval, four_eyes, rule };
}
