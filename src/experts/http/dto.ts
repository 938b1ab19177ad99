import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import type { ImportDtype } from '../blocks/tensor-plan.js';
import { PROVENANCE_LIMITS } from '../provenance/provenance.js';

const MODEL_NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const VERSION = /^\d{1,9}\.\d{1,9}\.\d{1,9}$/;

/** Which part of a list is wanted. */
export class PageQuery {
  @IsOptional()
  @Type(() => Number)
  @Min(1)
  @Max(1000)
  @IsInt()
  limit = 100;

  @IsOptional()
  @MaxLength(128)
  @IsString()
  cursor?: string;
}

/** `GET /experts/top`. */
export class TopQuery {
  @IsOptional()
  @Type(() => Number)
  @Min(1)
  @Max(10_000)
  @IsInt()
  limit = 100;

  @IsOptional()
  @Matches(MODEL_NAME)
  model?: string;
}

/** `GET /experts/stats/:name`. */
export class StatsQuery {
  @IsOptional()
  @Matches(MODEL_NAME)
  model?: string;
}

/** A model in a path. */
export class ModelParameters {
  @Matches(MODEL_NAME, { message: 'name must be the name of a model' })
  name!: string;
}

/** A release in a path. */
export class ReleaseParameters extends ModelParameters {
  @Matches(VERSION, { message: 'version must be a version such as 1.0.0' })
  version!: string;
}

/** Query of `POST /models/:name/releases/:version/promote`. */
export class PromoteQuery {
  /** `true`: unseen first, then for a share of the answers, then for all, as far as the decision matrix lets it. */
  @IsOptional()
  @IsIn(['true', 'false'])
  staged?: string;
}

/** `GET /models/:name/gguf`. */
export class GgufQuery {
  /** Version of the release; without one, the live release. */
  @IsOptional()
  @Matches(VERSION, { message: 'release must be a version such as 1.0.0' })
  release?: string;
}

/** Something a model was trained on. */
export class TrainingDataRequest {
  @MaxLength(PROVENANCE_LIMITS.name)
  @IsString()
  name!: string;

  /** Where it can be found: http or https. */
  @IsOptional()
  @MaxLength(PROVENANCE_LIMITS.url)
  @IsString()
  url?: string;

  /** SPDX expression. */
  @IsOptional()
  @MaxLength(PROVENANCE_LIMITS.license)
  @IsString()
  license?: string;
}

/** `POST /models/import`. */
export class ImportRequest {
  /** A folder on the server's machine. */
  @MaxLength(4096)
  @IsString()
  folder!: string;

  @IsOptional()
  @Matches(MODEL_NAME)
  name?: string;

  @IsOptional()
  @Matches(VERSION)
  version?: string;

  /** `q8`, `f16` or `f32`; the importer names what it does not support. */
  @IsOptional()
  @MaxLength(8)
  @IsString()
  dtype?: ImportDtype;

  /** Milliseconds since the epoch. */
  @IsOptional()
  @Min(0)
  @IsInt()
  timestamp?: number;

  /** Whether to compare the release with the exact weights; without a wish in 4 bits, unless the model is large. */
  @IsOptional()
  @IsBoolean()
  measure?: boolean;

  /** SPDX expression of the weights; by default what the folder's model card says. */
  @IsOptional()
  @MaxLength(PROVENANCE_LIMITS.license)
  @IsString()
  license?: string;

  /** Who made the model: a person or an organisation. */
  @IsOptional()
  @MaxLength(PROVENANCE_LIMITS.author)
  @IsString()
  author?: string;

  /** What it was trained on; by default what the folder's model card says. */
  @ApiProperty({ type: () => [TrainingDataRequest], required: false })
  @IsOptional()
  @ValidateNested({ each: true })
  @Type(() => TrainingDataRequest)
  @ArrayMaxSize(PROVENANCE_LIMITS.data)
  @IsArray()
  data?: TrainingDataRequest[];
}
