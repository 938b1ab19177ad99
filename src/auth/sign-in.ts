import { Injectable } from '@nestjs/common';
import { CodedError, err, ok, type Result } from '../common/index.js';
import { AppConfig } from '../config/index.js';
import { Transactions } from '../database/index.js';
import { AccountJournal, Accounts, setupTokenInvalid, SetupTokens, type Account } from './accounts/index.js';
import { LoginThrottle } from './limits/index.js';
import { accountDisabled, registrationClosed } from './refusals.js';
import { PasswordHasher } from './passwords/password-hasher.js';
import { passwordLinkInvalid, PasswordLinks } from './passwords/password-links.js';
import { endSessions, SessionCheck, type SessionOrigin } from './sessions/index.js';

/** What somebody registers with. */
export interface Registration {
  readonly name: string;
  readonly email: string | null;
  readonly password: string;
}

/** Proof by name and password: of old accounts and for new ones. */
@Injectable()
export class SignIn {
  constructor(
    private readonly config: AppConfig,
    private readonly accounts: Accounts,
    private readonly setup: SetupTokens,
    private readonly links: PasswordLinks,
    private readonly hasher: PasswordHasher,
    private readonly throttle: LoginThrottle,
    private readonly transactions: Transactions,
    private readonly journal: AccountJournal,
    private readonly check: SessionCheck,
  ) {}

  /** Makes an account for whoever asks. Refusals: REGISTRATION_CLOSED, ACCOUNT_EXISTS. Throws LOGIN_BUSY. */
  async register({ name, email, password }: Registration): Promise<Result<Account>> {
    if (this.config.registration === 'closed') return err(registrationClosed());
    const passwordHash = await this.hasher.hash(password);
    return this.accounts.create({ name, email, passwordHash, roles: ['user'] });
  }

  /** Makes the first admin. Refusals: SETUP_TOKEN_INVALID, ACCOUNT_EXISTS. Throws LOGIN_BUSY. */
  async setUp(token: string, name: string, password: string): Promise<Result<Account>> {
    if (!(await this.setup.accepts(token))) return err(setupTokenInvalid());
    return this.setup.redeem(token, name, await this.hasher.hash(password));
  }

  /** Sets a password by a link. Refusals: PASSWORD_LINK_INVALID, ACCOUNT_DISABLED. Throws LOGIN_BUSY. */
  async renewPassword(token: string, password: string): Promise<Result<Account>> {
    if ((await this.links.accountOf(token)) === null) return err(passwordLinkInvalid());
    return this.links.redeem(token, await this.hasher.hash(password));
  }

  /** Whose name and password these are. Refusals: LOGIN_THROTTLED, LOGIN_REFUSED, ACCOUNT_DISABLED. Throws LOGIN_BUSY. */
  async login(name: string, password: string, { address }: SessionOrigin): Promise<Result<Account>> {
    const known = await this.accounts.credentials(name, address);
    const attempt = { name, address, knownAddress: known?.knownAddress ?? false };
    const turn = await this.throttle.take(attempt);
    if (!turn.ok) return turn;
    const right = await this.hasher.verify(known?.passwordHash ?? null, password);
    if (!right || known === null)
      return err(new CodedError('LOGIN_REFUSED', 'Name or password is wrong.', {}, 401));
    await this.throttle.forgive(attempt);
    if (known.account.disabled) return err(accountDisabled());
    return ok(known.account);
  }

  /**
   * Gives an account another password (or its first, for one made by a wallet) and ends its other sessions.
   * Refusals: LOGIN_THROTTLED, PASSWORD_WRONG. Throws LOGIN_BUSY.
   */
  async changePassword(
    { account, name, session, address }: { account: string; name: string; session: string; address: string },
    current: string | null,
    next: string,
  ): Promise<Result<void>> {
    const stored = await this.accounts.passwordHash(account);
    if (stored !== null) {
      const attempt = { name, address, knownAddress: true };
      const turn = await this.throttle.take(attempt);
      if (!turn.ok) return turn;
      if (!(await this.hasher.verify(stored, current ?? '')))
        return err(new CodedError('PASSWORD_WRONG', 'The current password is wrong.', {}, 403));
      await this.throttle.forgive(attempt);
    }
    const hash = await this.hasher.hash(next);
    await this.transactions.run(async (manager) => {
      await manager.query('UPDATE accounts SET password_hash = $2 WHERE id = $1', [account, hash]);
      await endSessions(manager, account, session);
      await this.journal.append(manager, { kind: 'account.password_changed', account, actor: account });
    });
    this.check.forget();
    return ok();
  }
}
