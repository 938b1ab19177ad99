import { IsIn, IsInt, IsOptional, IsString, Length, MaxLength, Min } from 'class-validator';
import { IsInputList } from './input-list.js';

/** Body of `POST /v1/embeddings`. */
export class EmbeddingDto {
  /** `genesis` for the live release, `genesis@1.0.0` for a certain one. */
  @Length(1, 200)
  @IsString()
  model!: string;

  @IsInputList()
  input!: string | string[] | number[] | number[][];

  /** `base64` is little-endian float32. */
  @IsOptional()
  @IsIn(['float', 'base64'])
  encoding_format?: 'float' | 'base64' | null;

  /** Only the model's own size: its vectors mean nothing when cut. */
  @IsOptional()
  @Min(1)
  @IsInt()
  dimensions?: number | null;

  /** An identifier of the client's own; has no effect and is not kept. */
  @IsOptional()
  @MaxLength(512)
  @IsString()
  user?: string | null;
}
