import { Allow, IsBoolean, IsInt, IsOptional, Max, Min } from 'class-validator';
import { IsPrompt } from './prompt-list.js';
import { GenerationDto } from './generation.dto.js';

const MAX_TOKENS = 1 << 24;

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

  /** Gives out the prompt before the answer; with `logprobs` those of the prompt's tokens too. */
  @IsOptional()
  @IsBoolean()
  echo?: boolean | null;

  /** 0 only with `echo`: nothing is generated. */
  @IsOptional()
  @Min(0)
  @Max(MAX_TOKENS)
  @IsInt()
  declare max_tokens?: number | null;

  @Allow()
  suffix?: unknown;
  @Allow()
  best_of?: unknown;
}
