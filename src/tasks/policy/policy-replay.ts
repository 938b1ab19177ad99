import { Injectable } from '@nestjs/common';
import { err, ok, type Result } from '../../common/index.js';
import { PlanService, type StoredPlan } from '../plan/plan-service.js';
import { StepRegistry } from '../steps/step-registry.js';
import { MovedAmounts, type MovedAmount } from '../store/moved-amounts.js';
import type { TaskRow } from '../store/rows.js';
import { TaskStore } from '../store/task-store.js';
import { overDaily, type Move } from './daily-sums.js';
import { parsePolicyFile, type PolicySet } from './policy-rules.js';
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

/** Codes of steps that policies kept from beginning: others might let them. */
const KEPT_BY_POLICY: ReadonlySet<string | null> = new Set(['POLICY_DENIED', 'POLICY_DAILY_AMOUNT']);

/** A task of the past with what each of its steps is told. */
interface Judged {
  readonly task: TaskRow;
  readonly stored: StoredPlan;
  readonly verdicts: readonly PolicyVerdict[];
}

/** Asks rules that are not in force about tasks of the past. Nothing is changed. */
@Injectable()
export class PolicyReplay {
  constructor(
    private readonly store: TaskStore,
    private readonly plans: PlanService,
    private readonly registry: StepRegistry,
    private readonly amounts: MovedAmounts,
  ) {}

  /**
   * The last tasks, newest first; amounts of a day are added up in the order in which they were moved, with what other tasks moved.
   * `POLICY_INVALID` for rules that cannot be read.
   */
  async replay(policy: string, last: number): Promise<Result<readonly ReplayedTask[]>> {
    const policies = parsePolicyFile('policy', policy);
    if (!policies.ok) return err(policies.error);
    const judged: Judged[] = [];
    for (const task of await this.store.list({ limit: last })) {
      const stored = await this.plans.find(task.planId);
      if (stored.ok)
        judged.push({ task, stored: stored.value, verdicts: this.judge(policies.value, task, stored.value) });
    }
    const moved = await this.movedBy(judged);
    const over = overDaily(movesOf(judged, moved));
    const refused = new Set(moved.flatMap(({ task, code }) => (code === 'POLICY_DAILY_AMOUNT' ? task : [])));
    return ok(
      judged.map((each) => {
        const { limit, total } = over.get(each.task.id) ?? { limit: null, total: null };
        const tooMuch =
          limit === null
            ? null
            : `more than ${limit} would have been moved within 24 hours (${total} before)`;
        return replayed(each, refused.has(each.task.id), tooMuch);
      }),
    );
  }

  private judge(policies: PolicySet, task: TaskRow, { plan }: StoredPlan): PolicyVerdict[] {
    return plan.steps.map((step) => {
      const handler = this.registry.of(step.type);
      const {
        risk,
        movesValue = false,
        alwaysApproval = false,
      } = handler.ok ? handler.value : { risk: plan.risk };
      return askPolicies(policies, {
        ...{ actionType: step.action_type, risk, movesValue, alwaysApproval, amount: step.amount },
        ...{ roles: task.roles, at: task.createdAt },
      });
    });
  }

  /** What was moved by these tasks, and besides them; nothing is read where none of them moves anything. */
  private async movedBy(judged: readonly Judged[]): Promise<MovedAmount[]> {
    const moving = judged.filter(({ stored }) => stored.plan.steps.some(({ amount }) => amount !== null));
    if (moving.length === 0) return [];
    const since = Math.min(...moving.map(({ task }) => task.createdAt));
    return this.amounts.around(
      moving.map(({ task }) => task.id),
      since,
    );
  }
}

/** What moved something, and what would have if the policies in force had let it: both wants its place in the day's sum. */
function movesOf(judged: readonly Judged[], moved: readonly MovedAmount[]): Move[] {
  const asked = new Map(judged.map((each) => [each.task.id, each]));
  const besides = moved.flatMap(({ task, actionType, amount, at }): Move[] =>
    asked.has(task) || at === null ? [] : [{ actionType, amount, at, asked: null }],
  );
  const steps = new Map(moved.map((step) => [`${step.task}/${step.index}`, step]));
  const own = judged.flatMap(({ task, stored, verdicts }): Move[] => {
    if (verdicts.some(({ allowed }) => !allowed)) return [];
    return stored.plan.steps.flatMap(({ action_type: actionType, amount }, index): Move[] => {
      const step = steps.get(`${task.id}/${index}`);
      const moves = !stored.verdict.allowed || step?.began === true || KEPT_BY_POLICY.has(step?.code ?? null);
      if (amount === null || !moves) return [];
      const limit = verdicts[index].daily_amount;
      return [
        {
          ...{ actionType, amount: BigInt(amount), at: step?.at ?? task.createdAt },
          asked: { task: task.id, limit: limit === null ? null : BigInt(limit) },
        },
      ];
    });
  });
  return [...besides, ...own];
}

/** @param refused whether the day's sum ended it in the run @param tooMuch why it would now; null: it would not */
function replayed(
  { task, stored: { plan, verdict }, verdicts }: Judged,
  refused: boolean,
  tooMuch: string | null,
): ReplayedTask {
  // What any step asks for counts, then as now: the step that is riskiest need not be the one that asks for most.
  const before = { ...verdict, ...(refused ? { allowed: false } : {}), ...askedFor(plan.steps) };
  const worst = verdicts.find(({ allowed }) => !allowed) ?? verdicts.reduce(stricter);
  const kept = tooMuch === null ? {} : { allowed: false, reason: tooMuch };
  const after = { ...worst, ...kept, ...askedFor(verdicts) };
  return {
    ...{ task: task.id, task_type: task.taskType, action_type: task.actionType, state: task.state },
    ...{ before: partOf(before), after },
    differs:
      JSON.stringify(partOf({ ...before, rule: null })) !== JSON.stringify(partOf({ ...after, rule: null })),
  };
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
