import type { AccessPatterns, AccountUse, CredentialUse } from '../../common/observation/access-patterns.js';
import { liesAbove, median } from '../statistics/mann-whitney.js';
import type { Observation } from './agent.js';

type Trouble = Observation['troubles'][number];

/** Different routes that refuse an account, or have nothing for it, within an hour, from which on it looks like probing. */
export const MANY_ROUTES = 20;
/** Addresses from which one session or key is used within an hour, from which on it looks as if it were passed on or stolen. */
export const MANY_ADDRESSES = 10;

/** Minutes that count as now; the one that is not over does not. */
const RECENT_MINUTES = 15;
const LEAST_SAMPLES = 6;
const LEAST_REFERENCE = 20;
const UNLIKELY = 1e-5;
/** So many times the usual, and so many calls a minute, that somebody would care. */
const LEAST_RATIO = 5;
const LEAST_CALLS = 60;
/** Alerts of one kind in a round, and things an alert names. */
const MOST_ALERTS = 10;
const MOST_NAMED = 20;

/**
 * Accounts and credentials that are used oddly: the clearest cases of each kind, as alerts with their evidence. Fingerprints appear in
 * the public log, where nobody is to be suspected by name: the evidence alone says who it is.
 * @param nameless a name of an account or credential that is always the same and tells nobody which it is
 */
export function oddAccess(
  patterns: Pick<AccessPatterns, 'accounts' | 'credentials' | 'minute'>,
  nameless: (of: string) => string,
): Trouble[] {
  const accounts = patterns.accounts();
  const { minute } = patterns;
  return [
    ...clearest(accounts.map((use) => probing(use, nameless(use.account)))),
    ...clearest(accounts.map((use) => hurrying(use, nameless(use.account), minute))),
    ...clearest(patterns.credentials().map((use) => wandering(use, nameless(use.credential)))),
  ];
}

interface Finding {
  readonly clarity: number;
  readonly trouble: Trouble;
}

function clearest(findings: readonly (Finding | null)[]): Trouble[] {
  return findings
    .filter((finding) => finding !== null)
    .sort((a, b) => b.clarity - a.clarity)
    .slice(0, MOST_ALERTS)
    .map(({ trouble }) => trouble);
}

/** Tries one door after the other. */
function probing({ account, name, refused }: AccountUse, nameless: string): Finding | null {
  if (refused.length < MANY_ROUTES) return null;
  return finding(refused.length, {
    fingerprint: `security.probing.${nameless}`,
    summary: `${refused.length} different routes refused the account ${name} within an hour: somebody tries what it may do`,
    evidence: { account, name, routes: refused.length, newest: refused.slice(-MOST_NAMED) },
  });
}

/**
 * Calls far more often than this account does. Compared are minutes in which it called at all, so that somebody who comes back
 * after a night is not odd: the last quarter of an hour against what is remembered before, by the test that latencies are
 * compared with.
 */
function hurrying({ account, name, minutes }: AccountUse, nameless: string, minute: number): Finding | null {
  const isRecent = (each: { minute: number }) => each.minute >= minute - RECENT_MINUTES;
  const now = minutes.filter((each) => isRecent(each) && each.minute < minute).map(({ calls }) => calls);
  const before = minutes.filter((each) => !isRecent(each)).map(({ calls }) => calls);
  if (now.length < LEAST_SAMPLES || before.length < LEAST_REFERENCE) return null;
  const { p, ratio } = liesAbove(now, before);
  const usual = median(before);
  const calls = median(now);
  if (p > UNLIKELY || ratio < LEAST_RATIO || calls < LEAST_CALLS) return null;
  return finding(ratio, {
    fingerprint: `security.rate.${nameless}`,
    summary: `The account ${name} makes ${calls} calls a minute, ${ratio.toFixed(1)} times what is usual for it`,
    evidence: {
      account,
      name,
      calls_per_minute: calls,
      usual,
      p,
      samples: now.length,
      reference: before.length,
    },
  });
}

/** One session or key in many places. */
function wandering(
  { credential, account, name, addresses }: CredentialUse,
  nameless: string,
): Finding | null {
  if (addresses.length < MANY_ADDRESSES) return null;
  return finding(addresses.length, {
    fingerprint: `security.addresses.${nameless}`,
    summary: `One ${credential.split('.')[0]} of the account ${name} was used from ${addresses.length} network addresses within an hour`,
    evidence: {
      ...{ account, name, credential, addresses: addresses.length },
      newest: addresses.slice(-MOST_NAMED),
    },
  });
}

function finding(clarity: number, trouble: Omit<Trouble, 'severity'>): Finding {
  return { clarity, trouble: { ...trouble, severity: 'warning' } };
}
