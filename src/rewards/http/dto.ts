import { Type } from 'class-transformer';
import { IsInt, IsOptional, Matches, Max, Min } from 'class-validator';

/** `:account` of the ledger. */
export class LedgerAccountParameters {
  @Matches(/^[a-z0-9][a-z0-9:._-]{0,127}$/, {
    message: 'account must be the name of an account of the ledger',
  })
  account!: string;
}

/** `:transfer` of the ledger. */
export class LedgerTransferParameters {
  @Matches(/^[0-9a-f]{32}$/, { message: 'transfer must be 32 lower-case hex digits' })
  transfer!: string;
}

/** Query of `GET /rewards/statement/:account`. */
export class StatementQuery {
  @IsOptional()
  @Type(() => Number)
  @Min(1)
  @Max(100)
  @IsInt()
  limit?: number;

  /** `next_cursor` of the page before. */
  @IsOptional()
  @Matches(/^[1-9]\d{0,14}$/, { message: 'cursor must be one that a page gave out' })
  cursor?: string;
}

/** `:epoch` of rewards. */
export class EpochParameters {
  @Type(() => Number)
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  @IsInt()
  epoch!: number;
}

/** Query of `GET /rewards/epochs`. */
export class EpochsQuery {
  @IsOptional()
  @Type(() => Number)
  @Min(1)
  @Max(100)
  @IsInt()
  limit?: number;

  /** `next_cursor` of the page before. */
  @IsOptional()
  @Matches(/^[1-9]\d{0,14}$/, { message: 'cursor must be one that a page gave out' })
  cursor?: string;
}
