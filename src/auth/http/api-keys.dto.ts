import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
} from 'class-validator';
import { SCOPES, type Scope } from '../scopes.js';

/** `POST /auth/register`. */
export class ApiKeyDto {
  @Length(1, 80)
  @IsString()
  readonly name!: string;

  @IsIn(SCOPES, { each: true })
  @ArrayMinSize(1)
  @ArrayMaxSize(SCOPES.length)
  @IsArray()
  readonly scopes!: Scope[];

  /** ms since the epoch; absent for a key that does not expire. */
  @IsOptional()
  @Min(0)
  @Max(8_640_000_000_000_000)
  @IsInt()
  readonly expires_at?: number;
}

/** `DELETE /auth/keys/:id`. */
export class ApiKeyParameters {
  @Matches(/^[a-z2-7]{26}$/, { message: 'id is not the id of a key' })
  readonly id!: string;
}
