import { IsBoolean, IsInt, IsOptional, IsString, Length, Max, Min } from 'class-validator';

/** Longest prompt in characters; the model's context usually ends far earlier. */
const MAX_PROMPT = 1 << 20;

/** Body of `POST /chat`. */
export class ChatDto {
  /** What the person says. */
  @Length(1, MAX_PROMPT)
  @IsString()
  prompt!: string;

  /** The model; the first one there is when absent. */
  @IsOptional()
  @Length(1, 200)
  @IsString()
  model?: string | null;

  /** Only `true` is supported: every model here is a mixture of experts. */
  @IsOptional()
  @IsBoolean()
  use_moe?: boolean | null;

  /** Only `false` is supported. */
  @IsOptional()
  @IsBoolean()
  use_distributed?: boolean | null;

  /** Only the number the model was trained with is supported. */
  @IsOptional()
  @Min(1)
  @Max(4096)
  @IsInt()
  top_k_experts?: number | null;

  @IsOptional()
  @IsBoolean()
  stream?: boolean | null;

  /** Whether repeated text is guessed and verified several tokens at once; the answer is the same. As the server is set when absent. */
  @IsOptional()
  @IsBoolean()
  enable_speculative?: boolean | null;
}
