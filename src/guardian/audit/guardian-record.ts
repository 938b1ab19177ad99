import { randomUUID } from 'node:crypto';
import { canonicalJson, hashJson, systemClock, type Json } from '../../common/index.js';

/** Kind of the leaf of a guardian's audit record. */
export const GUARDIAN_ENTRY = 'guardian.audit';
/** Event of a change of the safety limits. */
export const TUNED = 'safety.tuned';
/** Version of the record's document (docs/formats/guardian-audit.md). */
export const GUARDIAN_RECORD_VERSION = 1;

/** One thing that happened to a decision, to the limits, or to the emergency stop, or a transaction that no person has approved. */
export interface GuardianRecord {
  readonly version: number;
  /** Makes every record another one. */
  readonly id: string;
  /** `decision.approved`, `autonomy.stopped`, `safety.tuned`, … */
  readonly event: string;
  /** Account, `server`, or the component that asked. */
  readonly actor: string;
  /** The decision it is about; null where it is about none. */
  readonly decision: string | null;
  /** State of that decision after it. */
  readonly state: string | null;
  readonly reason: string | null;
  /** What else an auditor needs; small. */
  readonly facts: Readonly<Record<string, Json>>;
  /** ms since the epoch. */
  readonly at: number;
}

/** What a caller says of an event; the rest follows. */
export type GuardianFacts = Pick<GuardianRecord, 'event' | 'actor'> &
  Partial<Pick<GuardianRecord, 'id' | 'decision' | 'state' | 'reason' | 'facts' | 'at'>>;

/** The record of an event, now. */
export function guardianRecord(facts: GuardianFacts): GuardianRecord {
  return {
    version: GUARDIAN_RECORD_VERSION,
    id: randomUUID(),
    decision: null,
    state: null,
    reason: null,
    facts: {},
    at: systemClock.now(),
    ...facts,
  };
}

/** A record's canonical JSON. */
export function recordText(record: GuardianRecord): string {
  return canonicalJson(record as unknown as Json);
}

/** SHA-256 of a record's canonical JSON: the hash its leaf carries. */
export function recordHash(record: GuardianRecord): string {
  return hashJson(record as unknown as Json);
}
