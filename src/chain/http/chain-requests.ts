import { Type } from 'class-transformer';
import {
  IsBase64,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { CHAIN_IDS, type ChainId } from '../block/index.js';
import { PAGE_LIMIT } from '../read/page-query.js';

const HASH = /^[0-9a-f]{64}$/;
/** Base64 of about 24 MiB; the server's own limit on bodies is usually smaller. */
const PAYLOAD_LIMIT = 32 * 1024 * 1024;

/** `:id` of a chain. */
export class ChainParameters {
  @IsIn(CHAIN_IDS)
  readonly id!: ChainId;
}

/** `:id` and `:hash` of a block. */
export class BlockParameters extends ChainParameters {
  @Matches(HASH, { message: 'hash must be 64 lower-case hex digits' })
  readonly hash!: string;
}

/** `GET /chain/:id/blocks`. */
export class BlocksQuery {
  @IsOptional()
  @Matches(/^[a-z_]{1,32}$/)
  readonly type?: string;

  @IsOptional()
  @Matches(/^[A-Za-z0-9._-]{1,128}$/)
  readonly name?: string;

  @IsOptional()
  @Matches(/^[a-z0-9._-]{1,64}$/)
  readonly model?: string;

  @IsOptional()
  @Matches(HASH)
  readonly payload_hash?: string;

  @IsOptional()
  @IsIn(['newest', 'oldest'])
  readonly order?: 'newest' | 'oldest';

  @IsOptional()
  @Type(() => Number)
  @Min(1)
  @Max(PAGE_LIMIT)
  @IsInt()
  readonly limit?: number;

  @IsOptional()
  @MaxLength(32)
  @IsString()
  readonly cursor?: string;
}

/** `GET /chain/B/graph`. */
export class GraphQuery {
  @IsOptional()
  @Matches(/^[a-z0-9._-]{1,64}$/)
  readonly model?: string;

  @IsOptional()
  @Matches(HASH)
  readonly release?: string;

  @IsOptional()
  @Type(() => Number)
  @Min(1)
  @Max(5000)
  @IsInt()
  readonly limit?: number;
}

/** `POST /chain/:id/blocks`: a signed header and its payload. The header is judged by the chain's own checks. */
export class PublishBody {
  @IsObject()
  readonly header!: Record<string, unknown>;

  @IsBase64()
  @MaxLength(PAYLOAD_LIMIT)
  @IsString()
  readonly payload_base64!: string;

  /** The name the sender expects. */
  @IsOptional()
  @Matches(HASH)
  readonly hash?: string;
}
