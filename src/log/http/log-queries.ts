import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Length, Matches, Max, Min } from 'class-validator';

const MAX_LEAVES = Number.MAX_SAFE_INTEGER;

/** `GET /log/proof/inclusion`: by leaf number, or by the subject and kind of an entry. */
export class InclusionQuery {
  @IsOptional()
  @Type(() => Number)
  @Min(0)
  @Max(MAX_LEAVES)
  @IsInt()
  readonly index?: number;

  @IsOptional()
  @Length(1, 256)
  @IsString()
  readonly subject?: string;

  @IsOptional()
  @Matches(/^[a-z][a-z0-9._-]{0,63}$/)
  @IsString()
  readonly kind?: string;

  @IsOptional()
  @Type(() => Number)
  @Min(1)
  @Max(MAX_LEAVES)
  @IsInt()
  readonly size?: number;
}

/** `GET /log/proof/consistency`. */
export class ConsistencyQuery {
  @Type(() => Number)
  @Min(1)
  @Max(MAX_LEAVES)
  @IsInt()
  readonly first!: number;

  @Type(() => Number)
  @Min(1)
  @Max(MAX_LEAVES)
  @IsInt()
  readonly second!: number;
}

/** `GET /log/entries`. */
export class EntriesQuery {
  @IsOptional()
  @Type(() => Number)
  @Min(1)
  @Max(1000)
  @IsInt()
  readonly limit?: number;

  @IsOptional()
  @Matches(/^\d{1,15}$/)
  readonly cursor?: string;

  @IsOptional()
  @Matches(/^[a-z][a-z0-9._-]{0,63}$/)
  @IsString()
  readonly kind?: string;

  @IsOptional()
  @Length(1, 256)
  @IsString()
  readonly subject?: string;
}
