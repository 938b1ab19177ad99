import type { Features } from '../../decision/index.js';
import type { Json } from '../../common/index.js';
import type { Alert, StoredObservation } from '../../monitoring/index.js';

/** An observation older than this says nothing about now, ms. */
const FRESH_MS = 3_600_000;

/** What is known of the alerts of a kind, and of how the server fares. */
export interface AlertHistory {
  /** The newest alerts of the kind, newest first. */
  readonly known: readonly Pick<Alert, 'state' | 'acknowledgedBy' | 'returns' | 'source'>[];
  /** What each agent saw last. */
  readonly seen: readonly Pick<StoredObservation, 'agent' | 'at' | 'status'>[];
  /** ms since the epoch. */
  readonly now: number;
}

/** What a change of an alert is judged by: numbers for the model, and the counts that they are made of. */
export interface AlertEvidence {
  readonly features: Features;
  readonly evidence: Readonly<Record<string, Json>>;
}

/**
 * What speaks for making alerts of a kind louder (raised, or more urgent) or quieter (silenced, or less urgent). Each feature points
 * the same way; what cannot be measured is left out. The agent that raised the alert is no further witness of it.
 */
export function alertEvidence(louder: boolean, { known, seen, now }: AlertHistory): AlertEvidence {
  const over = known.filter(({ state }) => state === 'resolved');
  const alone = over.filter(({ acknowledgedBy }) => acknowledgedBy === null).length;
  const returned = known.filter(({ returns }) => returns > 0).length;
  const others = seen.filter(
    ({ agent, at, status }) => agent !== known.at(0)?.source && now - at < FRESH_MS && status !== 'unknown',
  );
  const troubled = others.filter(({ status }) => status !== 'ok').length;
  // One that ended by itself and one that somebody had to see to are added: few alerts are weak evidence.
  const needless = (alone + 1) / (over.length + 2);
  return {
    features: {
      ...(over.length === 0 ? {} : { evidence: louder ? 1 - needless : needless }),
      ...(others.length === 0 ? {} : { agreement: share(troubled, others.length, louder) }),
      ...(known.length === 0 ? {} : { flapping: share(returned, known.length, louder) }),
    },
    evidence: {
      ...{ alerts: known.length, over: over.length, over_by_themselves: alone, returned },
      ...{ other_agents: others.length, with_trouble: troubled },
    },
  };
}

/** The share of `some` in `all`, or of the rest. */
function share(some: number, all: number, ofThem: boolean): number {
  return ofThem ? some / all : 1 - some / all;
}
