import { IsString, Length, Matches } from 'class-validator';
import { LONGEST_MESSAGE } from '../wallet/sign-in-message.js';
import { DeliveryDto } from './session.dto.js';

/** `POST /auth/wallet/nonce` and `DELETE /auth/wallet/:address`. */
export class WalletNonceDto {
  @Matches(/^0x[0-9a-fA-F]{40}$/, { message: 'address is 0x and 40 hex digits' })
  readonly address!: string;
}

/** `POST /auth/wallet/verify` and `POST /auth/wallet/link`. */
export class WalletProofDto extends DeliveryDto {
  @Length(1, LONGEST_MESSAGE)
  @IsString()
  readonly message!: string;

  @Matches(/^0x[0-9a-fA-F]{130}$/, { message: 'signature is 0x and 130 hex digits' })
  readonly signature!: string;
}
