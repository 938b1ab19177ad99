import { IsBoolean, IsOptional, IsString, Length, Matches } from 'class-validator';

/** Letters, digits and a few signs; names that differ in case only are the same. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{1,39}$/;
const EMAIL = /^[^\s@]{1,64}@[^\s@]{1,190}$/;

/** Shortest password of an account; length is what protects (NIST SP 800-63B). */
const SHORTEST_PASSWORD = 10;
const LONGEST_PASSWORD = 256;

/** How the refresh token is handed over. */
export class DeliveryDto {
  @IsOptional()
  @IsBoolean()
  readonly cookie?: boolean;
}

/** `POST /api/register`. */
export class RegisterDto extends DeliveryDto {
  @Matches(NAME, { message: 'name has 2 to 40 letters, digits, dots, dashes or underscores' })
  readonly name!: string;

  @IsOptional()
  @Matches(EMAIL, { message: 'email is not an e-mail address' })
  readonly email?: string;

  @Length(SHORTEST_PASSWORD, LONGEST_PASSWORD)
  @IsString()
  readonly password!: string;
}

/** `POST /api/login`. */
export class LoginDto extends DeliveryDto {
  @Length(1, 100)
  @IsString()
  readonly name!: string;

  @Length(1, LONGEST_PASSWORD)
  @IsString()
  readonly password!: string;
}

/** `POST /api/setup`. */
export class SetupDto extends DeliveryDto {
  @Matches(/^[A-Za-z0-9_-]{43}$/, { message: 'token is not a set-up token' })
  readonly token!: string;

  @Matches(NAME, { message: 'name has 2 to 40 letters, digits, dots, dashes or underscores' })
  readonly name!: string;

  @Length(SHORTEST_PASSWORD, LONGEST_PASSWORD)
  @IsString()
  readonly password!: string;
}

/** `POST /api/password`. */
export class NewPasswordDto extends DeliveryDto {
  @Matches(/^[A-Za-z0-9_-]{43}$/, { message: 'token is not the token of a password link' })
  readonly token!: string;

  @Length(SHORTEST_PASSWORD, LONGEST_PASSWORD)
  @IsString()
  readonly password!: string;
}

/** `POST /api/refresh`: without a token the cookie counts. */
export class RefreshDto {
  @IsOptional()
  @Matches(/^[A-Za-z0-9_-]{43}$/, { message: 'refresh_token is not a refresh token' })
  readonly refresh_token?: string;
}

/** `POST /api/logout`. */
export class LogoutDto {
  @IsOptional()
  @IsBoolean()
  readonly everywhere?: boolean;
}

/** `PATCH /api/me/password`. */
export class PasswordDto {
  /** Absent for an account that has none yet. */
  @IsOptional()
  @Length(1, LONGEST_PASSWORD)
  @IsString()
  readonly current?: string;

  @Length(SHORTEST_PASSWORD, LONGEST_PASSWORD)
  @IsString()
  readonly next!: string;
}

/** `DELETE /api/me/sessions/:id`. */
export class SessionParameters {
  @Matches(/^ses_[a-z2-7]{26}$/, { message: 'id is not the id of a session' })
  readonly id!: string;
}
