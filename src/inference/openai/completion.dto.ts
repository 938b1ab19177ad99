import { Allow, IsInt, IsOptional, Max, Min } from 'class-validator';
import { IsPrompt } from './prompt-list.js';
import { GenerationDto } from './generation.dto.js';

/** Body of `POST /v1/completions`. */
export class CompletionDto extends GenerationDto {
  /** A text, the token ids of one, or a list of one of these. */
  @IsPrompt()
  prompt!: string | string[] | number[] | number[][];

  /** Alternatives to report per token. */
  @IsOptional()
  @Min(0)
  @Max(5)
  @IsInt()
  logprobs?: number | null;

  @Allow()
  suffix?: unknown;
  @Allow()
  echo?: unknown;
  @Allow()
  best_of?: unknown;
}
