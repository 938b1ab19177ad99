import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Identity } from '../../auth/index.js';
import {
  canonicalJson,
  CodedError,
  err,
  ok,
  systemClock,
  type Json,
  type Result,
} from '../../common/index.js';
import { PolicyBook } from '../policy/policy-book.js';
import type { PolicyVerdict } from '../policy/policy-verdict.js';
import { StepRegistry } from '../steps/step-registry.js';
import { planHash, planTask, planText, type Plan } from './planner.js';

/** A plan as stored. */
export interface StoredPlan {
  readonly id: string;
  readonly owner: string;
  readonly hash: string;
  readonly plan: Plan;
  readonly verdict: PolicyVerdict;
  readonly createdAt: number;
}

/** Makes plans by the policies in force, and keeps them. */
@Injectable()
export class PlanService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly registry: StepRegistry,
    private readonly book: PolicyBook,
  ) {}

  /** Plans and stores. Refusals as in `planTask`. */
  async create(taskType: string, parameters: unknown, who: Identity): Promise<Result<StoredPlan>> {
    const at = systemClock.now();
    const request = { taskType, parameters, roles: who.roles, at };
    const judged = planTask(request, this.registry, this.book.current);
    if (!judged.ok) return judged;
    const { plan, hash, verdict } = judged.value;
    const stored: StoredPlan = {
      ...{ id: `plan_${randomUUID().replaceAll('-', '')}`, owner: who.subject, hash, plan, verdict },
      createdAt: at,
    };
    await this.dataSource.query(
      'INSERT INTO task_plans (id, owner, plan_hash, plan, verdict, created_at) VALUES ($1, $2, $3, $4, $5, $6)',
      [stored.id, stored.owner, hash, planText(plan), canonicalJson(verdict as unknown as Json), at],
    );
    return ok(stored);
  }

  /** A stored plan: `PLAN_NOT_FOUND` (404), `PLAN_CHANGED` (409) where it is not what its hash says. */
  async find(
    id: string,
    source: Pick<EntityManager, 'query'> = this.dataSource,
  ): Promise<Result<StoredPlan>> {
    const [row]: Record<string, string>[] = await source.query('SELECT * FROM task_plans WHERE id = $1', [
      id,
    ]);
    if (row === undefined)
      return err(new CodedError('PLAN_NOT_FOUND', `There is no plan ${id}.`, { plan: id }, 404));
    const plan = JSON.parse(row.plan) as Plan;
    if (planHash(plan) !== row.plan_hash) return err(planChanged(id));
    return ok({
      ...{ id: row.id, owner: row.owner, hash: row.plan_hash, plan, createdAt: Number(row.created_at) },
      verdict: JSON.parse(row.verdict) as PolicyVerdict,
    });
  }
}

/** The refusal of a plan that is not the one that was approved. */
export function planChanged(id: string): CodedError {
  return new CodedError(
    'PLAN_CHANGED',
    `The plan ${id} is not the one that was approved.`,
    { plan: id },
    409,
  );
}
