import { Type } from 'class-transformer';
import { IsInt, IsObject, IsOptional, Matches, Max, Min } from 'class-validator';

/** Most receipts one page shows. */
const LARGEST_PAGE = 200;

/** `:id` of a receipt. */
export class ReceiptParameters {
  @Matches(/^rcpt_[0-9a-f]{32}$/, { message: 'id must be rcpt_ and 32 lower-case hex digits' })
  id!: string;
}

/** Query of `GET /v1/receipts`. */
export class ReceiptsQuery {
  /** Only receipts of this model. */
  @IsOptional()
  @Matches(/^[a-z0-9][a-z0-9._-]{0,63}$/)
  model?: string;

  @IsOptional()
  @Type(() => Number)
  @Min(1)
  @Max(LARGEST_PAGE)
  @IsInt()
  limit?: number;

  /** `next_cursor` of the page before. */
  @IsOptional()
  @Matches(/^[1-9]\d{0,17}$/, { message: 'cursor must be one that a page gave out' })
  cursor?: string;
}

/** Body of `POST /v1/receipts/verify`: a receipt, and what came with it. */
export class VerifyReceiptDto {
  @IsObject()
  receipt!: object;

  @IsOptional()
  @IsObject()
  evidence?: object | null;

  @IsOptional()
  @IsObject()
  log?: object | null;
}
