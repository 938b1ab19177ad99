import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsBoolean,
  IsInt,
  IsNumber,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { IsLogitBias } from './logit-bias.js';
import { IsStopList } from './stop-list.js';

/** Largest number of answers to one request. */
export const MAX_CHOICES = 8;
const MAX_TOKENS = 1 << 24;

/** `stream_options` of OpenAI's API. */
export class StreamOptionsDto {
  /** Sends one more chunk with the token counts before `[DONE]`. */
  @IsOptional()
  @IsBoolean()
  include_usage?: boolean | null;

  /** Padding against traffic analysis; only `false` is supported. */
  @IsOptional()
  @IsBoolean()
  include_obfuscation?: boolean | null;
}

/** What `/v1/chat/completions` and `/v1/completions` have in common. A field that is null or absent takes its default. */
export class GenerationDto {
  /** `genesis` for the live release, `genesis@1.0.0` for a certain one. */
  @Length(1, 200)
  @IsString()
  model!: string;

  @IsOptional()
  @Min(1)
  @Max(MAX_TOKENS)
  @IsInt()
  max_tokens?: number | null;

  /** 0 is greedy. The model's own default applies when absent. */
  @IsOptional()
  @Min(0)
  @Max(2)
  @IsNumber()
  temperature?: number | null;

  @IsOptional()
  @Min(0)
  @Max(1)
  @IsNumber()
  top_p?: number | null;

  /** Extension: 0 keeps all tokens. */
  @IsOptional()
  @Min(0)
  @Max(MAX_TOKENS)
  @IsInt()
  top_k?: number | null;

  /** Extension: tokens less likely than this share of the likeliest are left out. */
  @IsOptional()
  @Min(0)
  @Max(1)
  @IsNumber()
  min_p?: number | null;

  /** Extension: 1 is neutral. */
  @IsOptional()
  @Min(0.01)
  @Max(10)
  @IsNumber()
  repetition_penalty?: number | null;

  @IsOptional()
  @Min(-2)
  @Max(2)
  @IsNumber()
  presence_penalty?: number | null;

  @IsOptional()
  @Min(-2)
  @Max(2)
  @IsNumber()
  frequency_penalty?: number | null;

  /** Choice number i uses seed + i. Drawn at random when absent; the receipt names it. */
  @IsOptional()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  @IsInt()
  seed?: number | null;

  @IsOptional()
  @IsStopList()
  stop?: string | string[] | null;

  @IsOptional()
  @Min(1)
  @Max(MAX_CHOICES)
  @IsInt()
  n?: number | null;

  @IsOptional()
  @IsBoolean()
  stream?: boolean | null;

  @IsOptional()
  @ApiProperty({ type: () => StreamOptionsDto })
  @ValidateNested()
  @Type(() => StreamOptionsDto)
  stream_options?: StreamOptionsDto | null;

  /** An identifier of the client's own; has no effect and is not kept. */
  @IsOptional()
  @MaxLength(512)
  @IsString()
  user?: string | null;

  /** Extension: 32 bytes (64 hex digits) that hide the receipt's contents; drawn at random when absent. */
  @IsOptional()
  @Matches(/^[0-9a-fA-F]{64}$/, { message: 'receipt_salt must be 64 hex digits' })
  receipt_salt?: string | null;

  @IsOptional()
  @IsLogitBias()
  logit_bias?: Record<string, number> | null;
}
