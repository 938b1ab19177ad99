import { Injectable } from '@nestjs/common';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { LogReader } from '../../log/index.js';
import { personAccount } from '../epochs/accounts.js';
import { Ledger } from '../ledger/ledger.js';
import { BLY } from '../policy/issuance.js';
import { depositTransfer, type DepositStatement } from './deposit.js';

/** A deposit as it is asked for: the statement's other members are this server's. */
export interface DepositWish extends Pick<DepositStatement, 'key' | 'amount' | 'nonce'> {
  readonly signature: string;
}

/** A deposit that was made, now or before. */
export interface MadeDeposit {
  readonly transfer: string;
  readonly account: string;
  readonly amount: string;
}

/** Moves what keys have earned to accounts that pay for answers, when the key signs it. */
@Injectable()
export class Deposits {
  constructor(
    private readonly ledger: Ledger,
    private readonly log: LogReader,
  ) {}

  /**
   * Makes a deposit, once. `DEPOSIT_SIGNATURE` (422), `DEPOSIT_EXCEEDS_BALANCE` (409), `LOG_NOT_READY` is thrown, and what the ledger
   * refuses a whole call with. @param name whose account it goes to, as `DepositAccounts` has it
   */
  async deposit(name: string, { signature, ...wish }: DepositWish): Promise<Result<MadeDeposit>> {
    const [account, log] = [personAccount(name), await this.log.verifierKey()];
    const draft = depositTransfer({ format: 'stemma.deposit.v1', log, account, ...wish }, signature);
    if (!draft.ok) return draft;
    const done = await this.ledger.submit({
      accounts: [{ id: account, asset: BLY }],
      transfers: [draft.value],
    });
    if (!done.ok) return done;
    const [result] = done.value.transfers;
    if (result.ok) return ok({ transfer: draft.value.id, account, amount: wish.amount });
    if (result.code !== 'EXCEEDS_BALANCE' && result.code !== 'DEBIT_ACCOUNT_NOT_FOUND')
      throw new Error(`the ledger does not make the deposit ${draft.value.id}: ${result.code}`);
    const detail = `key:${wish.key} cannot spend ${wish.amount} units.`;
    return err(new CodedError('DEPOSIT_EXCEEDS_BALANCE', detail, { key: wish.key }, 409));
  }
}
