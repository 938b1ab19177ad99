/** Why an account earned something. */
export type EarningKind = 'learning' | 'catalyst' | 'dataset' | 'usage';

/** What an account earned; units. */
export interface Earning {
  readonly account: string;
  readonly kind: EarningKind;
  readonly amount: bigint;
  /** The verdict's block; null for use. */
  readonly reference: string | null;
}
