import { Type } from 'class-transformer';
import {
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { TASK_STATES, type TaskState } from '../states.js';

const TASK_ID = /^task_[0-9a-f]{32}$/;
const PLAN_ID = /^plan_[0-9a-f]{32}$/;
const STEP_ID = /^\d{1,3}$/;
const HASH = /^[0-9a-f]{64}$/;
const TYPE = /^[a-z][a-z0-9_.-]{0,63}$/;

/** `:id` of a task. */
export class TaskParameters {
  @Matches(TASK_ID, { message: 'id must be task_ and 32 lower-case hex digits' })
  id!: string;
}

/** `:task_id` and `:step_id`. */
export class ExecutionParameters {
  @Matches(TASK_ID, { message: 'task_id must be task_ and 32 lower-case hex digits' })
  task_id!: string;

  @Matches(STEP_ID, { message: 'step_id must be the index of a step' })
  step_id!: string;
}

/** `:task_id` of audit records. */
export class AuditParameters {
  @Matches(TASK_ID, { message: 'task_id must be task_ and 32 lower-case hex digits' })
  task_id!: string;
}

/** `:id` of a plan. */
export class PlanParameters {
  @Matches(PLAN_ID, { message: 'id must be plan_ and 32 lower-case hex digits' })
  id!: string;
}

/** `:hash`. */
export class HashParameters {
  @Matches(HASH, { message: 'hash must be 64 lower-case hex digits' })
  hash!: string;
}

/** `:txid`: the number of a leaf. */
export class TxParameters {
  @Matches(/^\d{1,15}$/, { message: 'txid must be the number of a leaf' })
  txid!: string;
}

/** Body of `POST /plan/create`. */
export class PlanRequestDto {
  @Matches(TYPE, { message: 'task_type must be the type of a task such as http_probe' })
  task_type!: string;

  @IsOptional()
  @IsObject()
  parameters?: object;
}

/** Body of `POST /task/start`. */
export class TaskRequestDto extends PlanRequestDto {
  @IsOptional()
  @MaxLength(2000)
  @IsString()
  description?: string;
}

/** Body of `POST /plan/execute`. */
export class PlanExecutionDto {
  @Matches(PLAN_ID, { message: 'plan_id must be plan_ and 32 lower-case hex digits' })
  plan_id!: string;

  @IsOptional()
  @MaxLength(2000)
  @IsString()
  description?: string;
}

/** Body of `POST /execute`: one step, once per key. */
export class ExecutionDto {
  @Matches(TYPE, { message: 'step_type must be the type of a task such as http_probe' })
  step_type!: string;

  @IsOptional()
  @IsObject()
  parameters?: object;

  /** The same key, type and parameters give the same execution; of another request, 409. */
  @Matches(/^[\x21-\x7e]{1,255}$/, { message: 'key must be 1 to 255 printable characters' })
  key!: string;
}

/** Body of `POST /task/:id/approve`. */
export class ApprovalDto {
  @IsBoolean()
  approved!: boolean;

  @Length(1, 2000)
  @IsString()
  reason!: string;

  /** Index of the step; without one, the step that waits. */
  @IsOptional()
  @Matches(STEP_ID, { message: 'step_id must be the index of a step' })
  step_id?: string;

  /** What the answer is about: another hash than the plan's is refused. */
  @IsOptional()
  @Matches(HASH, { message: 'plan_hash must be 64 lower-case hex digits' })
  plan_hash?: string;
}

/** Body of `POST /task/:id/cancel`. */
export class CancelDto {
  @IsOptional()
  @MaxLength(2000)
  @IsString()
  reason?: string;
}

/** Query of `GET /tasks`. */
export class TasksQuery {
  @IsOptional()
  @IsIn([...TASK_STATES.states])
  state?: TaskState;

  @IsOptional()
  @Matches(TYPE)
  task_type?: string;

  @IsOptional()
  @Type(() => Number)
  @Min(1)
  @Max(200)
  @IsInt()
  limit?: number;

  /** `next_cursor` of the page before. */
  @IsOptional()
  @Matches(/^[1-9]\d{0,17}$/, { message: 'cursor must be one that a page gave out' })
  cursor?: string;
}

/** Query of `GET /audit/:task_id`. */
export class AuditQuery {
  @IsOptional()
  @Type(() => Number)
  @Min(1)
  @Max(500)
  @IsInt()
  limit?: number;

  @IsOptional()
  @Matches(/^\d{1,9}$/, { message: 'cursor must be one that a page gave out' })
  cursor?: string;
}

/** Body of `POST /audit/record`: a remark of a guardian, by hashes. */
export class AuditRecordDto {
  @Matches(TASK_ID, { message: 'task_id must be task_ and 32 lower-case hex digits' })
  task_id!: string;

  @IsOptional()
  @Matches(STEP_ID, { message: 'step_id must be the index of a step' })
  step_id?: string;

  /** What happened, such as `reviewed`; it is recorded as `remark.reviewed`. */
  @Matches(/^[a-z][a-z0-9_]{0,40}$/, { message: 'event must be a word such as reviewed' })
  event!: string;

  @IsOptional()
  @Matches(HASH, { message: 'input_hash must be 64 lower-case hex digits' })
  input_hash?: string;

  @IsOptional()
  @Matches(HASH, { message: 'output_hash must be 64 lower-case hex digits' })
  output_hash?: string;
}

/** Body of `POST /write`. */
export class WriteDto {
  @Matches(HASH, { message: 'hash must be 64 lower-case hex digits' })
  hash!: string;

  @IsOptional()
  @MaxLength(500)
  @IsString()
  note?: string;
}

/** Query of `GET /policy`. */
export class PolicyQuery {
  @IsOptional()
  @Matches(/^[a-z][a-z0-9_.-]{0,99}$/, { message: 'action_type must be an action' })
  action_type?: string;
}

/** Body of `POST /policy/replay`. */
export class PolicyReplayDto {
  /** A policy file, YAML. */
  @MaxLength(49_152)
  @IsString()
  policy!: string;

  /** How many tasks of the past are asked about. */
  @IsOptional()
  @Min(1)
  @Max(1000)
  @IsInt()
  last?: number;
}
