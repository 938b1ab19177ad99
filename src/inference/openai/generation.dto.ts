import { Type } from 'class-transformer';
import {
  Allow,
  IsBoolean,
  IsHexadecimal,
  IsInt,
  IsNumber,
  IsOptional,
  IsString,
  Length,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
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
  @IsString()
  @Length(1, 200)
  model!: string;

  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MAX_TOKENS)
  max_tokens?: number | null;

  /** 0 is greedy. The model's own default applies when absent. */
  @IsOptional()
  @IsNumber()
  @Min(0)
  @Max(2)
  temperature?: number | null;

  @IsOptional()
  @IsNumber()
  @Min(0)
  @Max(1)
  top_p?: number | null;

  /** Extension: 0 keeps all tokens. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(MAX_TOKENS)
  top_k?: number | null;

  /** Extension: tokens less likely than this share of the likeliest are left out. */
  @IsOptional()
  @IsNumber()
  @Min(0)
  @Max(1)
  min_p?: number | null;

  /** Extension: 1 is neutral. */
  @IsOptional()
  @IsNumber()
  @Min(0.01)
  @Max(10)
  repetition_penalty?: number | null;

  @IsOptional()
  @IsNumber()
  @Min(-2)
  @Max(2)
  presence_penalty?: number | null;

  @IsOptional()
  @IsNumber()
  @Min(-2)
  @Max(2)
  frequency_penalty?: number | null;

  /** Choice number i uses seed + i. Drawn at random when absent; the receipt names it. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  seed?: number | null;

  @IsOptional()
  @IsStopList()
  stop?: string | string[] | null;

  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MAX_CHOICES)
  n?: number | null;

  @IsOptional()
  @IsBoolean()
  stream?: boolean | null;

  @IsOptional()
  @ValidateNested()
  @Type(() => StreamOptionsDto)
  stream_options?: StreamOptionsDto | null;

  /** An identifier of the client's own; has no effect and is not kept. */
  @IsOptional()
  @IsString()
  @MaxLength(512)
  user?: string | null;

  /** Extension: 32 bytes (64 hex digits) that hide the receipt's contents; drawn at random when absent. */
  @IsOptional()
  @IsHexadecimal()
  @Length(64, 64)
  receipt_salt?: string | null;

  @Allow()
  logit_bias?: unknown;
}
