import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { randomId } from '../accounts/index.js';

/** How long a nonce may be used. */
export const NONCE_MINUTES = 5;

/** Nonces of wallet sign-ins: each works once, for the address it was given to. */
@Injectable()
export class WalletNonces {
  constructor(private readonly dataSource: DataSource) {}

  /** A new nonce of 26 letters and digits. @param address in lower case */
  async issue(address: string): Promise<string> {
    const nonce = randomId('n').slice(2);
    await this.dataSource.query('DELETE FROM wallet_nonces WHERE expires_at < now()');
    await this.dataSource.query(
      'INSERT INTO wallet_nonces (nonce, address, expires_at) VALUES ($1, $2, now() + make_interval(mins => $3))',
      [nonce, address, NONCE_MINUTES],
    );
    return nonce;
  }

  /** Uses a nonce up. @returns whether it was good for this address */
  async use(nonce: string, address: string): Promise<boolean> {
    const [, count] = await this.dataSource.query<[unknown[], number]>(
      'DELETE FROM wallet_nonces WHERE nonce = $1 AND address = $2 AND expires_at > now()',
      [nonce, address],
    );
    return count > 0;
  }
}
