import { Type } from 'class-transformer';
import {
  IsBoolean,
  IsIn,
  IsInt,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { DECISION_TYPES, type DecisionType } from '../../decision/index.js';
import { DECISION_STATES, ESCALATION_STATES, type DecisionState, type EscalationState } from '../states.js';

const DECISION_ID = /^decision_[0-9a-f]{32}$/;
const ESCALATION_ID = /^escalation_[0-9a-f]{32}$/;
const ACTION = /^[a-z][a-z0-9_]{0,63}$/;
const CURSOR = /^[1-9]\d{0,17}$/;
const KEY = /^[\x21-\x7e]{1,255}$/;
const MODEL = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const VERSION = /^\d{1,9}\.\d{1,9}\.\d{1,9}$/;
const AMOUNT = /^\d{1,78}$/;
const MOST_AMOUNT = 1e12;

/** `:id` of a decision. */
export class DecisionParameters {
  @Matches(DECISION_ID, { message: 'id must be decision_ and 32 lower-case hex digits' })
  id!: string;
}

/** `:id` of a question. */
export class EscalationParameters {
  @Matches(ESCALATION_ID, { message: 'id must be escalation_ and 32 lower-case hex digits' })
  id!: string;
}

/** Body of `POST /api/autonomous/decision`. */
export class DecisionRequestDto {
  @IsIn([...DECISION_TYPES])
  type!: DecisionType;

  @Matches(ACTION, { message: 'action must be the name of an action such as promote' })
  action!: string;

  @IsOptional()
  @IsObject()
  parameters?: object;

  /** Only says what would happen, and why. */
  @IsOptional()
  @IsBoolean()
  dry_run?: boolean;

  /** Whether harm is being done right now. */
  @IsOptional()
  @IsBoolean()
  emergency?: boolean;

  /** The same key and request give the same decision; of another request, 409. */
  @IsOptional()
  @Matches(KEY, { message: 'idempotency_key must be 1 to 255 printable characters' })
  idempotency_key?: string;

  @IsOptional()
  @MaxLength(2000)
  @IsString()
  reason?: string;

  /** With `dry_run`: figures to judge by instead of the measured ones, 0 to 1 each. */
  @IsOptional()
  @IsObject()
  features?: object;
}

/** Which page of a list, newest first. */
export class PageQuery {
  @IsOptional()
  @Type(() => Number)
  @Min(1)
  @Max(200)
  @IsInt()
  limit?: number;

  /** `next_cursor` of the page before. */
  @IsOptional()
  @Matches(CURSOR, { message: 'cursor must be one that a page gave out' })
  cursor?: string;
}

/** Query of `GET /api/autonomous/decisions`. */
export class DecisionsQuery extends PageQuery {
  @IsOptional()
  @IsIn([...DECISION_TYPES])
  type?: DecisionType;

  @IsOptional()
  @IsIn([...DECISION_STATES.states])
  state?: DecisionState;
}

/** Query of `GET /api/guardian/escalations`. */
export class EscalationsQuery extends PageQuery {
  @IsOptional()
  @IsIn([...ESCALATION_STATES.states])
  state?: EscalationState;
}

/** Why somebody does it. */
export class ReasonDto {
  @Length(1, 2000)
  @IsString()
  reason!: string;
}

/** Body of `POST /api/guardian/escalations/:id/approve`. */
export class ApproveDto extends ReasonDto {
  /** Approves these parameters instead of those asked for. */
  @IsOptional()
  @IsObject()
  parameters?: object;

  /** Approves this one of the decision's `alternatives` instead of the action asked for. */
  @IsOptional()
  @Length(1, 100)
  @IsString()
  action?: string;
}

/** Body of `POST /api/guardian/override`: of a decision, or an action that nobody asked for. */
export class OverrideDto extends ReasonDto {
  @IsOptional()
  @Matches(DECISION_ID, { message: 'decision_id must be decision_ and 32 lower-case hex digits' })
  decision_id?: string;

  /** With `decision_id`. */
  @IsOptional()
  @IsIn(['approve', 'reject', 'undo'])
  outcome?: 'approve' | 'reject' | 'undo';

  /** Without `decision_id`: the action to take. */
  @IsOptional()
  @Matches(ACTION, { message: 'action must be the name of an action such as promote' })
  action?: string;

  @IsOptional()
  @IsObject()
  parameters?: object;

  @IsOptional()
  @Matches(KEY, { message: 'idempotency_key must be 1 to 255 printable characters' })
  idempotency_key?: string;
}

/** Body of `POST /api/guardian/emergency-stop`. */
export class StopDto extends ReasonDto {
  /** Whether answers are refused, too. */
  @IsOptional()
  @IsBoolean()
  inference?: boolean;
}

/** Body of `POST /api/guardian/rollback`. */
export class RollbackDto extends ReasonDto {
  /** The model; may be left out where there is only one. */
  @IsOptional()
  @Matches(MODEL, { message: 'model must be the name of a model' })
  model?: string;
}

/** Query of `GET /api/guardian/audit`. */
export class GuardianAuditQuery {
  @IsOptional()
  @IsIn(['json', 'jsonl', 'csv'])
  format?: 'json' | 'jsonl' | 'csv';

  @IsOptional()
  @Matches(DECISION_ID, { message: 'decision must be decision_ and 32 lower-case hex digits' })
  decision?: string;

  @IsOptional()
  @Type(() => Number)
  @Min(1)
  @Max(1000)
  @IsInt()
  limit?: number;

  /** Records behind this position. */
  @IsOptional()
  @Matches(/^\d{1,18}$/, { message: 'cursor must be one that a page gave out' })
  cursor?: string;
}

/** Body of `PUT /api/guardian/monitor/config`: limits to be changed. */
export class ThresholdsDto extends ReasonDto {
  @IsOptional()
  @Min(0)
  @Max(MOST_AMOUNT)
  @IsNumber()
  transaction_amount?: number;

  @IsOptional()
  @Min(0)
  @Max(MOST_AMOUNT)
  @IsNumber()
  transaction_day?: number;

  @IsOptional()
  @Min(0)
  @Max(1)
  @IsNumber()
  bias?: number;

  @IsOptional()
  @Min(0)
  @Max(1)
  @IsNumber()
  fairness?: number;

  @IsOptional()
  @Min(0)
  @Max(1)
  @IsNumber()
  transparency?: number;

  @IsOptional()
  @Min(0)
  @Max(1)
  @IsNumber()
  security?: number;

  @IsOptional()
  @Min(0)
  @Max(1)
  @IsNumber()
  security_blocked?: number;
}

/** Body of `POST /api/guardian/monitor/validate`. */
export class ValidateDto {
  /** What a transaction would move, in the smallest unit. */
  @IsOptional()
  @Matches(AMOUNT, { message: 'amount must be decimal digits' })
  amount?: string;

  /** A release that would be served: its model. */
  @IsOptional()
  @Matches(MODEL, { message: 'model must be the name of a model' })
  model?: string;

  /** Its version. */
  @IsOptional()
  @Matches(VERSION, { message: 'version must be the version of a release' })
  version?: string;
}
