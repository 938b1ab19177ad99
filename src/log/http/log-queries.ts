import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Length, Matches, Max, Min } from 'class-validator';

const MAX_LEAVES = Number.MAX_SAFE_INTEGER;

/** `GET /log/proof/inclusion`: by leaf number, or by the subject and kind of an entry. */
export class InclusionQuery {
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(MAX_LEAVES)
  readonly index?: number;

  @IsOptional()
  @IsString()
  @Length(1, 256)
  readonly subject?: string;

  @IsOptional()
  @IsString()
  @Matches(/^[a-z][a-z0-9._-]{0,63}$/)
  readonly kind?: string;

  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_LEAVES)
  readonly size?: number;
}

/** `GET /log/proof/consistency`. */
export class ConsistencyQuery {
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_LEAVES)
  readonly first!: number;

  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_LEAVES)
  readonly second!: number;
}

/** `GET /log/entries`. */
export class EntriesQuery {
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1000)
  readonly limit?: number;

  @IsOptional()
  @Matches(/^\d{1,15}$/)
  readonly cursor?: string;

  @IsOptional()
  @IsString()
  @Matches(/^[a-z][a-z0-9._-]{0,63}$/)
  readonly kind?: string;

  @IsOptional()
  @IsString()
  @Length(1, 256)
  readonly subject?: string;
}
