import { Type } from 'class-transformer';
import { IsInt, IsOptional, Matches, Max, Min } from 'class-validator';

const MODEL = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const VERSION = /^\d{1,9}\.\d{1,9}\.\d{1,9}$/;

/** Body of `POST /api/truth-mirror/runs`. */
export class MirrorRunDto {
  @Matches(MODEL, { message: 'model must be the name of a model' })
  model!: string;

  @Matches(VERSION, { message: 'version must be a version such as 1.0.0' })
  version!: string;
}

/** `:id` of a run. */
export class MirrorRunParameters {
  @Matches(/^mirror_[0-9a-f]{32}$/, { message: 'id must be mirror_ and 32 lower-case hex digits' })
  id!: string;
}

/** Query of `GET /api/truth-mirror/runs`. */
export class MirrorRunsQuery {
  @IsOptional()
  @Matches(MODEL)
  model?: string;

  @IsOptional()
  @Matches(VERSION)
  version?: string;

  @IsOptional()
  @Type(() => Number)
  @Min(1)
  @Max(100)
  @IsInt()
  limit?: number;

  /** `next_cursor` of the page before. */
  @IsOptional()
  @Matches(/^[1-9]\d{0,17}$/, { message: 'cursor must be one that a page gave out' })
  cursor?: string;
}
