import type { Json } from '../../common/index.js';
import type { RewardsPolicy } from '../policy/rewards-policy.js';

/** What one epoch hands to the next; amounts in units, coefficients in millionths. */
export interface EpochState {
  readonly alpha: bigint;
  readonly beta: bigint;
  /** What the catalyst pool has paid. */
  readonly catalystSpent: bigint;
  /** The calendar year (UTC) that was issued from last; 0 before the first epoch. */
  readonly year: number;
  /** What may be issued in that year. */
  readonly yearBudget: bigint;
  /** What was issued of it. */
  readonly yearIssued: bigint;
  /** What the budgets of all years so far come to. */
  readonly budgeted: bigint;
  /** What accounts have earned and was too little to be paid yet, by account. */
  readonly owed: ReadonlyMap<string, bigint>;
}

/** Before the first epoch. */
export function firstState({ alpha, beta }: RewardsPolicy): EpochState {
  return {
    ...{ alpha: alpha.start, beta: beta.start, catalystSpent: 0n },
    ...{ year: 0, yearBudget: 0n, yearIssued: 0n, budgeted: 0n, owed: new Map() },
  };
}

/** The state in the year of a moment: a new year has a new budget, as long as there is supply. @param at ms since the epoch */
export function inYearOf(state: EpochState, { supply, yearlyCap }: RewardsPolicy, at: number): EpochState {
  const year = new Date(at).getUTCFullYear();
  if (year <= state.year) return state;
  const left = supply - state.budgeted;
  const yearBudget = left < yearlyCap ? left : yearlyCap;
  return { ...state, year, yearBudget, yearIssued: 0n, budgeted: state.budgeted + yearBudget };
}

const UNITS = /^(0|[1-9]\d{0,38})$/;

/** The state as JSON: amounts as strings of digits, accounts by name. */
export function stateJson(state: EpochState): Json {
  return {
    ...{ alpha: String(state.alpha), beta: String(state.beta), catalyst_spent: String(state.catalystSpent) },
    ...{ year: state.year, year_budget: String(state.yearBudget), year_issued: String(state.yearIssued) },
    budgeted: String(state.budgeted),
    owed: Object.fromEntries(Array.from(state.owed, ([account, units]) => [account, String(units)])),
  };
}

/** Reads `stateJson`; null for what it would not have written. */
export function readState(value: unknown): EpochState | null {
  if (typeof value !== 'object' || value === null) return null;
  const json = value as Readonly<Record<string, unknown>>;
  if (typeof json.owed !== 'object' || json.owed === null || !Number.isSafeInteger(json.year)) return null;
  const owed = Object.entries(json.owed as Readonly<Record<string, unknown>>);
  const amounts = [
    ...[json.alpha, json.beta, json.catalyst_spent, json.year_budget, json.year_issued, json.budgeted],
    ...owed.map(([, units]) => units),
  ];
  if (!amounts.every((units) => typeof units === 'string' && UNITS.test(units))) return null;
  const [alpha, beta, catalystSpent, yearBudget, yearIssued, budgeted] = amounts.map((units) =>
    BigInt(units as string),
  );
  return {
    ...{ alpha, beta, catalystSpent, yearBudget, yearIssued, budgeted, year: json.year as number },
    owed: new Map(owed.map(([account, units]) => [account, BigInt(units as string)])),
  };
}
