import { Injectable } from '@nestjs/common';
import { AccountAdministration, LOCAL_ADMIN, mayAct, type Identity } from '../../auth/index.js';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { SHELL } from './fee-transfers.js';

/** Says whose account a deposit goes to: only one that answers can be charged to, or the money would lie there for good. */
@Injectable()
export class DepositAccounts {
  constructor(
    private readonly config: AppConfig,
    private readonly accounts: AccountAdministration,
  ) {}

  /**
   * Who is charged for answers. `DEPOSIT_ACCOUNT` (403): only admins fill accounts of others; `DEPOSIT_ACCOUNT_UNKNOWN` (404): there is
   * no such account, or nothing is charged to it.  @param wanted id or login name of an account; without it the caller's own
   */
  async chargedFor(identity: Identity, wanted = identity.subject): Promise<Result<string>> {
    const own = wanted === identity.subject;
    if (!own && !mayAct(identity, ['admin'])) {
      const detail = 'Only admins fill accounts of others.';
      return err(new CodedError('DEPOSIT_ACCOUNT', detail, { account: wanted }, 403));
    }
    if (own && wanted !== SHELL) return ok(wanted);
    if (this.config.singleUser && wanted === LOCAL_ADMIN.subject) return ok(wanted);
    const found = await this.accounts.known(wanted);
    return found === null ? err(unknown(wanted)) : ok(found.id);
  }
}

function unknown(account: string): CodedError {
  const detail = `This server charges no answers to "${account}": name an account by its id or its login name.`;
  return new CodedError('DEPOSIT_ACCOUNT_UNKNOWN', detail, { account }, 404);
}
