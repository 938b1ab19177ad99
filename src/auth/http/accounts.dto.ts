import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
} from 'class-validator';
import { ACCOUNT_ROLES, TIERS, type AccountRole, type Tier } from '../accounts/index.js';
import { RegisterDto } from './session.dto.js';

/** `GET /api/accounts`. */
export class AccountsQuery {
  @IsOptional()
  @Type(() => Number)
  @Min(1)
  @Max(200)
  @IsInt()
  readonly limit?: number;

  @IsOptional()
  @Length(1, 40)
  @IsString()
  readonly cursor?: string;

  /** Only the account of this name. */
  @IsOptional()
  @Length(1, 40)
  @IsString()
  readonly name?: string;
}

/** `POST /api/accounts`. */
export class NewAccountDto extends RegisterDto {
  @IsOptional()
  @IsIn(ACCOUNT_ROLES, { each: true })
  @ArrayMaxSize(ACCOUNT_ROLES.length)
  @IsArray()
  readonly roles?: AccountRole[];
}

/** `PATCH /api/accounts/:id`; what is absent stays. */
export class AccountChangeDto {
  @IsOptional()
  @IsIn(ACCOUNT_ROLES, { each: true })
  @ArrayMaxSize(ACCOUNT_ROLES.length)
  @IsArray()
  readonly roles?: AccountRole[];

  @IsOptional()
  @IsIn(TIERS)
  readonly tier?: Tier;

  @IsOptional()
  @IsBoolean()
  readonly disabled?: boolean;
}

/** `/api/accounts/:id`. */
export class AccountParameters {
  @Matches(/^acc_[a-z2-7]{26}$/, { message: 'id is not the id of an account' })
  readonly id!: string;
}
