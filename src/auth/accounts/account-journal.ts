import type { EntityManager } from 'typeorm';
import type { Json } from '../../common/index.js';

/** A change of an account. Never a name, an address, an e-mail or anything derived from a secret: the log is public. */
export interface AccountEvent {
  readonly kind: `account.${string}`;
  /** Id of the account that changed. */
  readonly account: string;
  /** Id of whoever changed it. */
  readonly actor: string;
  readonly data?: Readonly<Record<string, Json>>;
}

/** Where changes of accounts are written down for good; the log, which is above this module, provides it. */
export abstract class AccountJournal {
  /** Writes one event within the transaction of the change it tells of. */
  abstract append(manager: EntityManager, event: AccountEvent): Promise<void>;
}
