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
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { GenerationDto } from './generation.dto.js';
import { IsResponseFormat, type ResponseFormat } from './response-format.js';
import { IsTextContent, type TextPart } from './text-content.js';
import { IsToolCallList, type MessageToolCall } from './tool-messages.js';
import { IsToolChoice, IsToolList, type FunctionTool, type ToolChoice } from './tools.dto.js';

const MAX_MESSAGES = 1024;

/** One message of a conversation. */
export class ChatMessageDto {
  @IsIn(['system', 'developer', 'user', 'assistant', 'tool'])
  role!: string;

  /** May be null, or absent, where the assistant made calls. */
  @ValidateIf(({ content, tool_calls }: ChatMessageDto) => !isNothing(content) || isNothing(tool_calls))
  @IsTextContent()
  content?: string | TextPart[] | null;

  /** Calls that this message of the assistant made. */
  @IsOptional()
  @IsToolCallList()
  tool_calls?: MessageToolCall[] | null;

  /** The call that this message of the role `tool` answers. */
  @ValidateIf(({ role, tool_call_id }: ChatMessageDto) => role === 'tool' || !isNothing(tool_call_id))
  @Length(1, 256)
  @IsString()
  tool_call_id?: string | null;

  @IsOptional()
  @Length(1, 64)
  @IsString()
  name?: string | null;

  /** Sent back by clients that repeat an answer; only null is supported. */
  @Allow()
  refusal?: unknown;
  @Allow()
  function_call?: unknown;
  @Allow()
  audio?: unknown;
  @Allow()
  annotations?: unknown;
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
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

  /** Functions the model may ask to be called; its chat template must know of tools. */
  @IsOptional()
  @IsToolList()
  tools?: FunctionTool[] | null;

  /** `auto` when there are tools. `required` or a named function: the answer is nothing but calls that obey the schemas. */
  @IsOptional()
  @IsToolChoice()
  tool_choice?: ToolChoice | null;

  /** Whether one answer may hold several calls; `true` when absent. */
  @IsOptional()
  @IsBoolean()
  parallel_tool_calls?: boolean | null;

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
