import { Type } from 'class-transformer';
import { IsBoolean, IsInt, IsObject, IsOptional, Matches, Max, Min } from 'class-validator';
import type { Json } from '../../common/index.js';

const MODEL = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const POSITION = /^[1-9]\d{0,17}$/;

/** Body of `POST /learning/submissions`. What statement and manifest hold is checked by their own readers. */
export class SubmissionDto {
  /** Upload of `POST /upload_moe_experts` that holds the blocks, complete. */
  @Matches(/^[0-9a-f]{32}$/, { message: 'upload_id must be the id of an upload' })
  upload_id!: string;

  @IsObject()
  statement!: object;

  /** ECDSA over SHA-256 of the statement's canonical JSON by its author, compact, low S, hex. */
  @Matches(/^[0-9a-f]{128}$/, { message: 'signature must be 128 lower-case hex digits' })
  signature!: string;

  /** The manifest that `stemma train` wrote. */
  @IsObject()
  manifest!: { [key: string]: Json };

  /** Whether drawn updates of the training can be shown (`POST /learning/submissions/:id/openings`). Not given: they cannot, and nothing is paid where it is accepted. */
  @IsOptional()
  @IsBoolean()
  shows_training?: boolean;
}

/** `:id` of a submission. */
export class SubmissionParameters {
  @Matches(/^submission_[0-9a-f]{32}$/, { message: 'id must be submission_ and 32 lower-case hex digits' })
  id!: string;
}

/** Query of `POST /learning/submissions/:id/openings`. */
export class OpeningQuery {
  /** Where the chunk begins, bytes. */
  @Type(() => Number)
  @Min(0)
  @Max(2 ** 30)
  @IsInt()
  offset!: number;

  /** Length of the whole opening, bytes. */
  @Type(() => Number)
  @Min(4)
  @Max(2 ** 30)
  @IsInt()
  size!: number;
}

/** A page of a list. */
export class LearningPageQuery {
  @IsOptional()
  @Type(() => Number)
  @Min(1)
  @Max(100)
  @IsInt()
  limit?: number;

  /** `next_cursor` of the page before. */
  @IsOptional()
  @Matches(POSITION, { message: 'cursor must be one that a page gave out' })
  cursor?: string;
}

/** Query of `GET /learning/submissions`. */
export class SubmissionsQuery extends LearningPageQuery {
  @IsOptional()
  @Matches(MODEL)
  model?: string;

  @IsOptional()
  @Matches(/^[a-z_]{1,20}$/)
  state?: string;

  /** Key of a contributor. */
  @IsOptional()
  @Matches(/^0[23][0-9a-f]{64}$/, { message: 'author must be a compressed secp256k1 key' })
  author?: string;
}

/** Query of `GET /learning/leaderboard`. */
export class LeaderboardQuery {
  @IsOptional()
  @Type(() => Number)
  @Min(1)
  @Max(100)
  @IsInt()
  limit?: number;
}

/** `:model` of a family tree. */
export class LineageParameters {
  @Matches(MODEL, { message: 'model must be the name of a model' })
  model!: string;
}

/** `:expert` of a model. */
export class ExpertLineageParameters extends LineageParameters {
  @Matches(/^layer\d{1,5}\.expert\d{1,5}$/, { message: 'expert must be a name such as layer3.expert5' })
  expert!: string;
}
