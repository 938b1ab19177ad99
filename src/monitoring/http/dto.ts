import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Length, Matches, Max, Min } from 'class-validator';
import { ALERT_STATES, SEVERITIES, type AlertState, type Severity } from '../alerts/alert.js';

const CURSOR = /^[1-9]\d{0,17}$/;

/** `:name` of an agent. */
export class AgentParameters {
  @Matches(/^[a-z][a-z0-9_-]{0,40}$/, { message: 'name must be the name of an agent' })
  name!: string;
}

/** `:id` of an alert. */
export class AlertParameters {
  @Matches(/^alert_[0-9a-f]{32}$/, { message: 'id must be alert_ and 32 lower-case hex digits' })
  id!: string;
}

/** Query of `GET /api/monitoring/agents/:name/history`. */
export class HistoryQuery {
  /** How far back, hours. */
  @IsOptional()
  @Type(() => Number)
  @Min(1)
  @Max(24 * 366)
  @IsInt()
  hours?: number;

  /** Whose; without, that of the server that is asked. */
  @IsOptional()
  @Matches(/^[0-9a-f]{12}$/, { message: 'instance must be 12 lower-case hex digits' })
  instance?: string;

  /** Which measures, separated by commas; without, all. */
  @IsOptional()
  @Matches(/^[a-z][a-z0-9_]{0,60}(,[a-z][a-z0-9_]{0,60}){0,63}$/, {
    message: 'measures must be names of measures, separated by commas, at most 64',
  })
  measures?: string;
}

/** Query of `GET /api/monitoring/alerts`. */
export class AlertsQuery {
  @IsOptional()
  @IsIn([...ALERT_STATES])
  state?: AlertState;

  /** `true`: only what is not resolved. */
  @IsOptional()
  @IsIn(['true', 'false'])
  open?: string;

  @IsOptional()
  @IsIn([...SEVERITIES])
  severity?: Severity;

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

/** Query of `GET /api/monitoring/reports`. */
export class ReportsQuery {
  @IsOptional()
  @Type(() => Number)
  @Min(1)
  @Max(50)
  @IsInt()
  limit?: number;

  /** `next_cursor` of the page before. */
  @IsOptional()
  @Matches(CURSOR, { message: 'cursor must be one that a page gave out' })
  cursor?: string;
}

/** Body of `POST /api/monitoring/alerts/:id/acknowledge`. */
export class AcknowledgeDto {
  @Length(1, 2000)
  @IsString()
  reason!: string;
}
