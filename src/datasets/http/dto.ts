import { Type } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsOptional, IsString, Length, Matches, Max, Min } from 'class-validator';
import { DATASET_STAGES, type DatasetStage } from '../registry/stages.js';

/** `:id` of a dataset. */
export class DatasetParameters {
  @Matches(/^ds_[0-9a-f]{32}$/, { message: 'id must be ds_ and 32 lower-case hex digits' })
  id!: string;
}

/** `:id` of an upload. */
export class DatasetUploadParameters {
  @Matches(/^[0-9a-f]{32}$/, { message: 'id must be 32 lower-case hex digits' })
  id!: string;
}

/** Where a chunk begins. */
export class DatasetChunkQuery {
  @Type(() => Number)
  @Min(0)
  @Max(2 ** 36)
  @IsInt()
  offset!: number;
}

/** Body of `POST /datasets/uploads/:id/complete`. */
export class CompleteUploadDto {
  /** Proof of work; 0 where none is owed. */
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  @IsInt()
  nonce: number = 0;
}

/** Query of `GET /datasets`. */
export class DatasetsQuery {
  @IsOptional()
  @IsIn(DATASET_STAGES.states)
  stage?: DatasetStage;

  /** Sets of one account. */
  @IsOptional()
  @Matches(/^[A-Za-z0-9_-]{1,64}$/)
  creator?: string;

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

/** Query of `GET /datasets/:id/report`. */
export class DatasetReportQuery {
  /** An earlier report; the newest without. */
  @IsOptional()
  @Matches(/^[0-9a-f]{64}$/, { message: 'hash must be 64 lower-case hex digits' })
  hash?: string;
}

/** Body of `POST /datasets/:id/vote`. */
export class DatasetVoteDto {
  @IsBoolean()
  approve!: boolean;
}

/** Body of whatever needs a reason. */
export class DatasetReasonDto {
  @Length(1, 500)
  @IsString()
  reason!: string;
}

/** Body of `POST /datasets/:id/appeal/answer`. */
export class AppealAnswerDto extends DatasetReasonDto {
  @IsBoolean()
  granted!: boolean;
}
