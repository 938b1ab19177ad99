import { Type } from 'class-transformer';
import { IsInt, IsObject, IsOptional, IsString, Length, Matches, Max, Min } from 'class-validator';

const MODEL = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** Body of `POST /learning/rounds`. What the terms hold is checked by their own reader. */
export class RoundDto {
  @IsObject()
  terms!: object;
}

/** Body of what a contributor signs. */
export class RoundStatementDto {
  @IsObject()
  statement!: object;

  /** ECDSA over SHA-256 of the statement's canonical JSON by its author, compact, low S, hex. */
  @Matches(/^[0-9a-f]{128}$/, { message: 'signature must be 128 lower-case hex digits' })
  signature!: string;
}

/** Body of `POST /learning/rounds/:id/cancel`. */
export class RoundReasonDto {
  /** Why; everybody can read it. */
  @Matches(/\S/, { message: 'reason must say something' })
  @Length(1, 500)
  @IsString()
  reason!: string;
}

/** `:id` of a round. */
export class RoundParameters {
  @Matches(/^round_[0-9a-f]{32}$/, { message: 'id must be round_ and 32 lower-case hex digits' })
  id!: string;
}

/** `:hash` of an update of a round. */
export class RoundUpdateParameters extends RoundParameters {
  @Matches(/^[0-9a-f]{64}$/, { message: 'hash must be 64 lower-case hex digits' })
  hash!: string;
}

/** Query of `POST /learning/rounds/:id/updates`. */
export class RoundUpdateQuery {
  /** The key that the contributor has joined with. */
  @Matches(/^0[23][0-9a-f]{64}$/, { message: 'author must be a compressed secp256k1 key' })
  author!: string;
}

/** Query of `GET /learning/rounds`. */
export class RoundsQuery {
  @IsOptional()
  @Type(() => Number)
  @Min(1)
  @Max(100)
  @IsInt()
  limit?: number;

  /** `next_cursor` of the page before. */
  @IsOptional()
  @Matches(/^[1-9]\d{0,17}$/, { message: 'cursor must be one that a page gave out' })
  cursor?: string;

  @IsOptional()
  @Matches(MODEL)
  model?: string;

  @IsOptional()
  @Matches(/^[a-z]{1,20}$/)
  state?: string;
}
