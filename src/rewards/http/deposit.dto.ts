import { IsOptional, Matches } from 'class-validator';

/** Body of `POST /rewards/deposits`. */
export class DepositDto {
  /** Compressed secp256k1 key that has earned it. */
  @Matches(/^0[23][0-9a-f]{64}$/, { message: 'key must be a compressed secp256k1 key in lower-case hex' })
  key!: string;

  /** Units. */
  @Matches(/^[1-9]\d{0,18}$/, { message: 'amount must be units above 0 as a string of digits' })
  amount!: string;

  /** 32 random digits; the same deposit again is the same one. */
  @Matches(/^[0-9a-f]{32}$/, { message: 'nonce must be 32 lower-case hex digits' })
  nonce!: string;

  /** Of the deposit's statement by the key. */
  @Matches(/^[0-9a-f]{128}$/, { message: 'signature must be 128 lower-case hex digits' })
  signature!: string;

  /** Id or login name of whose account gets it, for admins; everybody else's own. What is signed has the id. */
  @IsOptional()
  @Matches(/^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$/, { message: 'account must be the name of an account' })
  account?: string;
}
