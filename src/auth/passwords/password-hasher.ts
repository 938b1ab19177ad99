import { Injectable } from '@nestjs/common';
import { CodedError } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { Turnstile } from '../../common/turnstile.js';

/** Callers that may wait for a hash before others are refused. */
const MOST_WAITING = 64;
/** Algorithm 2 of the library is argon2id (RFC 9106). */
const ARGON2ID = 2;

/**
 * Hashes passwords with argon2id (RFC 9106; parameters as OWASP recommends, settable). The work runs on libuv's threads, a
 * few at a time.
 */
@Injectable()
export class PasswordHasher {
  private readonly turnstile: Turnstile;
  private decoy: Promise<string> | undefined;

  constructor(private readonly config: AppConfig) {
    this.turnstile = new Turnstile(
      config.passwordHashesAtOnce,
      MOST_WAITING,
      () => new CodedError('LOGIN_BUSY', 'Too many people sign in at the moment.', { retryAfter: 2 }, 503),
    );
  }

  /** The hash of a password, with its salt and parameters (PHC string). Throws LOGIN_BUSY. */
  hash(password: string): Promise<string> {
    return this.turnstile.pass(async () => (await argon2()).hash(normal(password), this.parameters()));
  }

  /**
   * Whether a password belongs to a hash. Without a hash (no such account, or one without password) it takes as long and is
   * false, so that the time does not tell which names exist. Throws LOGIN_BUSY.
   */
  async verify(hash: string | null, password: string): Promise<boolean> {
    const decoy = await (this.decoy ??= this.hash('nobody has this password'));
    return this.turnstile.pass(async () => {
      const matches = await (await argon2()).verify(hash ?? decoy, normal(password));
      return matches && hash !== null;
    });
  }

  private parameters() {
    const { passwordMemoryKib: memoryCost, passwordPasses: timeCost } = this.config;
    return { algorithm: ARGON2ID, memoryCost, timeCost, parallelism: 1 };
  }
}

/** Loaded with the first password, not at start. */
function argon2() {
  return import('@node-rs/argon2');
}

/** The same password typed on another keyboard may come as other code points (RFC 8265). */
function normal(password: string): string {
  return password.normalize('NFC');
}
