import { IsBoolean, IsInt, IsOptional, IsString, Length, Max, Min } from 'class-validator';

/** Longest prompt in characters; the model's context usually ends far earlier. */
const MAX_PROMPT = 1 << 20;

/** Body of `POST /chat`. */
export class ChatDto {
  /** What the person says. */
  @IsString()
  @Length(1, MAX_PROMPT)
  prompt!: string;

  /** The model; the first one there is when absent. */
  @IsOptional()
  @IsString()
  @Length(1, 200)
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
  @IsInt()
  @Min(1)
  @Max(4096)
  top_k_experts?: number | null;

  @IsOptional()
  @IsBoolean()
  stream?: boolean | null;

  /** Only `false` is supported. */
  @IsOptional()
  @IsBoolean()
  enable_speculative?: boolean | null;
}
