import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  Allow,
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { GenerationDto } from './generation.dto.js';
import { IsResponseFormat, type ResponseFormat } from './response-format.js';
import { IsTextContent, type TextPart } from './text-content.js';

const MAX_MESSAGES = 1024;

/** One message of a conversation. */
export class ChatMessageDto {
  @IsIn(['system', 'developer', 'user', 'assistant'])
  role!: string;

  @IsTextContent()
  content!: string | TextPart[];

  @IsOptional()
  @Length(1, 64)
  @IsString()
  name?: string | null;

  /** Sent back by clients that repeat an answer; only null is supported. */
  @Allow()
  refusal?: unknown;
  @Allow()
  tool_calls?: unknown;
  @Allow()
  function_call?: unknown;
  @Allow()
  audio?: unknown;
  @Allow()
  annotations?: unknown;
}

/** Body of `POST /v1/chat/completions`. */
export class ChatCompletionDto extends GenerationDto {
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_MESSAGES)
  @ApiProperty({ type: () => [ChatMessageDto] })
  @ValidateNested({ each: true })
  @Type(() => ChatMessageDto)
  @IsArray()
  messages!: ChatMessageDto[];

  /** The newer name of `max_tokens`. */
  @IsOptional()
  @Min(1)
  @Max(1 << 24)
  @IsInt()
  max_completion_tokens?: number | null;

  @IsOptional()
  @IsBoolean()
  logprobs?: boolean | null;

  @IsOptional()
  @Min(0)
  @Max(20)
  @IsInt()
  top_logprobs?: number | null;

  @IsOptional()
  @IsResponseFormat()
  response_format?: ResponseFormat | null;

  @Allow()
  tools?: unknown;
  @Allow()
  tool_choice?: unknown;
  @Allow()
  parallel_tool_calls?: unknown;
  @Allow()
  functions?: unknown;
  @Allow()
  function_call?: unknown;
  @Allow()
  modalities?: unknown;
  @Allow()
  audio?: unknown;
  @Allow()
  prediction?: unknown;
  @Allow()
  reasoning_effort?: unknown;
  @Allow()
  verbosity?: unknown;
  @Allow()
  web_search_options?: unknown;
  @Allow()
  service_tier?: unknown;
  @Allow()
  store?: unknown;
  @Allow()
  metadata?: unknown;
}
