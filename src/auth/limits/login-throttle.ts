import { Injectable } from '@nestjs/common';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { nativeSha256Hex } from '../../common/native-hash.js';
import { Limiters, type Limiter } from './limiters.js';

const HOUR = 3600;
/** Failures that cost nothing, before delays begin. */
const FREE_PER_PAIR = 5;
const FREE_PER_ACCOUNT = 20;
const FREE_PER_ADDRESS = 50;
/** Longest delay between attempts, seconds. The one of an account is short: others can cause it. */
const LONGEST_PER_PAIR = 900;
const LONGEST_PER_ACCOUNT = 30;
const LONGEST_PER_ADDRESS = 300;

/** Who tries to sign in. */
export interface Attempt {
  /** What the account was called, as it was typed. */
  readonly name: string;
  /** `addressGroup` of where the attempt comes from. */
  readonly address: string;
  /** Whether the account has signed in from there before: strangers' failures do not slow its owner down. */
  readonly knownAddress: boolean;
}

interface Brake {
  readonly failures: Limiter;
  readonly gate: Limiter;
  readonly free: number;
  readonly longest: number;
}

/**
 * Slows guessing down: after some failures attempts are let through one at a time, at delays that double from 1 s. Counted
 * per name and address, per address, and per name over all addresses it has not signed in from.
 */
@Injectable()
export class LoginThrottle {
  private readonly pair: Brake;
  private readonly account: Brake;
  private readonly address: Brake;

  constructor(limiters: Limiters) {
    const brake = (name: string, free: number, longest: number): Brake => ({
      failures: limiters.create(`login-failures-${name}`, Number.MAX_SAFE_INTEGER, HOUR),
      gate: limiters.create(`login-gate-${name}`, 1, 1),
      free,
      longest,
    });
    this.pair = brake('pair', FREE_PER_PAIR, LONGEST_PER_PAIR);
    this.account = brake('account', FREE_PER_ACCOUNT, LONGEST_PER_ACCOUNT);
    this.address = brake('address', FREE_PER_ADDRESS, LONGEST_PER_ADDRESS);
  }

  /** Counts an attempt as failed until `forgive` says otherwise. Refusal: LOGIN_THROTTLED with `retryAfter`. */
  async take(attempt: Attempt): Promise<Result<void>> {
    for (const [brake, key] of this.brakesOf(attempt)) {
      const { count } = await brake.failures.take(key);
      if (count <= brake.free) continue;
      const delay = Math.min(brake.longest, 2 ** Math.min(20, count - brake.free - 1));
      const gate = await brake.gate.take(key, delay);
      if (!gate.allowed) return err(throttled(gate.resetMs));
    }
    return ok();
  }

  /**
   * The password was right: this name may try again from this address without delay. Failures with other names from there
   * still count, or an account of one's own would buy new guesses.
   */
  async forgive(attempt: Attempt): Promise<void> {
    for (const [brake, key] of this.brakesOf(attempt)) {
      if (brake === this.address) {
        await brake.failures.giveBack(key);
        continue;
      }
      await brake.failures.forget(key);
      await brake.gate.forget(key);
    }
  }

  private brakesOf({ name, address, knownAddress }: Attempt): (readonly [Brake, string])[] {
    // Keys leave the process where there is Redis: hashes only.
    const account = nativeSha256Hex(name.toLowerCase());
    return [
      [this.pair, nativeSha256Hex(`${account} ${address}`)],
      ...(knownAddress ? [] : ([[this.account, account]] as const)),
      [this.address, nativeSha256Hex(address)],
    ];
  }
}

function throttled(waitMs: number): CodedError {
  const retryAfter = Math.max(1, Math.ceil(waitMs / 1000));
  return new CodedError(
    'LOGIN_THROTTLED',
    `There were too many failed attempts; wait ${retryAfter} s.`,
    { retryAfter },
    429,
  );
}
