import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Length, Matches, Max, Min } from 'class-validator';
import { REMEDIES, type RemedyName } from '../patterns/healing-rules.js';

/** `:name` of a remedy. */
export class ActionParameters {
  @IsIn([...REMEDIES])
  name!: RemedyName;
}

/** Body of `POST /api/healing/actions/:name`. */
export class ActionDto {
  @Length(1, 2000)
  @IsString()
  reason!: string;
}

/** Query of `GET /api/healing/incidents`. */
export class IncidentsQuery {
  /** `true`: only what has not ended. */
  @IsOptional()
  @IsIn(['true', 'false'])
  open?: string;

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
