import type { SolvencyProof } from '../../../src/rewards/solvency/solvency-proof.js';
import { requestJson, withQuery } from './client.js';
import type { Page } from './page.js';

export type { SolvencyProof };

/** What an account of the ledger holds; amounts are units as strings of digits (1 BLY = 1,000,000,000 units). */
export interface Balance {
  readonly account: string;
  readonly asset: string;
  /** Below zero for an issuer. */
  readonly balance: string;
  readonly available: string;
  readonly debits: { readonly pending: string; readonly posted: string };
  readonly credits: { readonly pending: string; readonly posted: string };
}

/** A transfer of a statement; `at` is ISO 8601. */
export interface StatementLine {
  readonly transfer: string;
  readonly sequence: number;
  readonly kind: 'single' | 'pending' | 'post' | 'void';
  /** Who paid. */
  readonly debit: string;
  /** Who was paid. */
  readonly credit: string;
  readonly amount: string;
  readonly code: string;
  readonly reference: string | null;
  /** The block of chain C that tells of it. */
  readonly block: string;
  readonly log_index: number | null;
  readonly at: string;
  /** Units of it that corrections have given back. */
  readonly corrected: string;
}

/** How many of what an epoch was worked out from. */
export interface EpochInput {
  readonly verdicts: number;
  readonly answers: number;
  readonly scores: number;
}

/** An epoch as lists show it; `at` is ms since 1970, of the leaves the last is not included. */
export interface EpochSummary {
  readonly epoch: number;
  readonly hash: string;
  readonly log_index: number | null;
  readonly first: number;
  readonly end: number;
  readonly at: number;
  readonly input: EpochInput;
  readonly totals: { readonly earned: string; readonly paid: string };
}

/** Why an account earned something; `reference` is the verdict's block. */
export interface Earning {
  readonly account: string;
  readonly kind: 'learning' | 'catalyst' | 'dataset' | 'usage';
  readonly amount: string;
  readonly reference: string | null;
}

/** The record of an epoch (docs/formats/epoch.md). */
export interface EpochRecord extends Omit<EpochSummary, 'hash' | 'log_index'> {
  readonly root: string;
  readonly previous: string | null;
  readonly earned: readonly Earning[];
  readonly paid: readonly { readonly account: string; readonly amount: string }[];
  readonly after: {
    /** Millionths. */
    readonly alpha: string;
    /** Millionths. */
    readonly beta: string;
    readonly year: number;
    readonly year_budget: string;
    readonly year_issued: string;
    /** What waits to be paid, by account. */
    readonly owed: Readonly<Record<string, string>>;
  };
}

/** An epoch with its record. */
export interface Epoch {
  readonly epoch: number;
  readonly hash: string;
  readonly log_index: number | null;
  readonly record: EpochRecord;
}

/** What answers cost and how rewards are worked out; amounts in units, factors in millionths. */
export interface RewardsPolicy {
  readonly usage: { readonly fee: string; readonly fee_by: 'server' | 'elsewhere' };
  readonly alpha: { readonly start: string };
  readonly beta: { readonly start: string };
}

/** What all balances come to. */
export interface SolvencyTotals {
  /** The block of chain C that the balances are those behind. */
  readonly block: string;
  readonly accounts: number;
  readonly root: string;
  readonly sum: string;
  readonly issued: string;
}

/** What an account holds. */
export function getBalance(account: string, signal?: AbortSignal): Promise<Balance> {
  return requestJson(`/rewards/balance/${encodeURIComponent(account)}`, { signal });
}

/** Transfers from and to an account, newest first. */
export function getStatement(
  account: string,
  cursor: string | null,
  signal?: AbortSignal,
): Promise<Page<StatementLine>> {
  return requestJson(withQuery(`/rewards/statement/${encodeURIComponent(account)}`, { cursor, limit: 100 }), {
    signal,
  });
}

/** Epochs, newest first. */
export function listEpochs(cursor: string | null, signal?: AbortSignal): Promise<Page<EpochSummary>> {
  return requestJson(withQuery('/rewards/epochs', { cursor, limit: 100 }), { signal });
}

/** One epoch. */
export function getEpoch(epoch: string, signal?: AbortSignal): Promise<Epoch> {
  return requestJson(`/rewards/epochs/${encodeURIComponent(epoch)}`, { signal });
}

/** The policy in force. */
export function getRewardsPolicy(signal?: AbortSignal): Promise<RewardsPolicy> {
  return requestJson('/rewards/policy', { signal });
}

/** The root over all balances. */
export function getSolvency(signal?: AbortSignal): Promise<SolvencyTotals> {
  return requestJson('/rewards/solvency', { signal });
}

/** The proof that a balance is part of the sum. */
export function getSolvencyProof(account: string, signal?: AbortSignal): Promise<SolvencyProof> {
  return requestJson(`/rewards/solvency/${encodeURIComponent(account)}`, { signal });
}
