import { Injectable } from '@nestjs/common';

/** Who made a call, and from where. */
export interface Call {
  /** Account id. */
  readonly account: string;
  /** Name of the account, for people. */
  readonly name: string;
  /** What the call was let in by, a session or a key; null where it is neither. Never the secret itself. */
  readonly credential: string | null;
  /** Network address, or the part of it that one customer has. */
  readonly address: string;
}

/** How many calls there were in one minute. */
export interface Minute {
  /** Minutes of a clock that only goes forward. */
  readonly minute: number;
  readonly calls: number;
}

/** How an account has been used here of late. */
export interface AccountUse {
  readonly account: string;
  readonly name: string;
  /** The minutes in which it called, oldest first. */
  readonly minutes: readonly Minute[];
  /** Routes that refused it within the last hour. */
  readonly refused: readonly string[];
}

/** From where a credential has been used within the last hour. */
export interface CredentialUse {
  readonly credential: string;
  readonly account: string;
  readonly name: string;
  readonly addresses: readonly string[];
}

/** What is remembered at most; what was used longest ago goes first. */
export const ACCESS_LIMITS = {
  accounts: 1_000,
  credentials: 2_000,
  /** Minutes with calls, per account. */
  minutes: 240,
  /** Routes, per account. */
  routes: 100,
  /** Addresses, per credential. */
  addresses: 64,
} as const;

const MINUTE_MS = 60_000;
const HOUR = 60;

interface AccountRecord {
  name: string;
  readonly minutes: { readonly minute: number; calls: number }[];
  /** Route to the minute it last refused. */
  readonly refused: Map<string, number>;
}

interface CredentialRecord {
  readonly account: string;
  readonly name: string;
  /** Address to the minute it was last seen in. */
  readonly addresses: Map<string, number>;
}

/** Remembers, in bounded memory and for this process alone, how accounts and their credentials are used. */
@Injectable()
export class AccessPatterns {
  private readonly byAccount = new Map<string, AccountRecord>();
  private readonly byCredential = new Map<string, CredentialRecord>();
  /** The minute it is, by a clock that only goes forward. */
  get minute(): number {
    return Math.floor(performance.now() / MINUTE_MS);
  }

  /** Counts a call that came with a valid credential, whatever is answered. */
  called({ account, name, credential, address }: Call): void {
    const minute = this.minute;
    const { minutes } = this.account(account, name);
    const latest = minutes.at(-1);
    if (latest?.minute === minute) latest.calls++;
    else if (minutes.push({ minute, calls: 1 }) > ACCESS_LIMITS.minutes) minutes.shift();
    if (credential === null) return;
    const known = this.byCredential.get(credential) ?? { account, name, addresses: new Map() };
    renew(this.byCredential, credential, known, ACCESS_LIMITS.credentials);
    renew(known.addresses, address, minute, ACCESS_LIMITS.addresses);
  }

  /** Remembers that a route has refused an account, or had nothing for it. @param route method and pattern */
  refused({ account, name }: Pick<Call, 'account' | 'name'>, route: string): void {
    renew(this.account(account, name).refused, route, this.minute, ACCESS_LIMITS.routes);
  }

  /** Every account that is remembered. */
  accounts(): AccountUse[] {
    const since = this.minute - HOUR;
    return [...this.byAccount].map(([account, { name, minutes, refused }]) => ({
      ...{ account, name, minutes, refused: keysSince(refused, since) },
    }));
  }

  /** Every credential that is remembered. */
  credentials(): CredentialUse[] {
    const since = this.minute - HOUR;
    return [...this.byCredential].map(([credential, { account, name, addresses }]) => ({
      ...{ credential, account, name, addresses: keysSince(addresses, since) },
    }));
  }

  private account(account: string, name: string): AccountRecord {
    const known = this.byAccount.get(account) ?? { name, minutes: [], refused: new Map() };
    known.name = name;
    renew(this.byAccount, account, known, ACCESS_LIMITS.accounts);
    return known;
  }
}

/** Puts an entry last, and drops the first beyond the limit: a map keeps the order in which its keys came. */
function renew<T>(map: Map<string, T>, key: string, value: T, limit: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > limit) map.delete(map.keys().next().value as string);
}

function keysSince(map: ReadonlyMap<string, number>, since: number): string[] {
  return [...map].filter(([, minute]) => minute > since).map(([key]) => key);
}
