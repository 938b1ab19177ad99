import { IsInt, Matches, Max, Min } from 'class-validator';

const HASH = /^[0-9a-f]{64}$/;

/** `:receipt` of a score. */
export class ScoredReceiptParameters {
  @Matches(/^rcpt_[0-9a-f]{32}$/, { message: 'receipt must be rcpt_ and 32 lower-case hex digits' })
  receipt!: string;
}

/** Body of `POST /rewards/scores/:receipt`. */
export class ScoreCommitmentDto {
  /** SHA-256 of canonical JSON `{receipt, salt, score}`. */
  @Matches(HASH, { message: 'commitment must be 64 lower-case hex digits' })
  commitment!: string;
}

/** Body of `POST /rewards/scores/:receipt/reveal`. */
export class ScoreOpeningDto {
  /** 32 random bytes. */
  @Matches(HASH, { message: 'salt must be 64 lower-case hex digits' })
  salt!: string;

  /** In millionths: 1,000,000 is the best. */
  @Min(0)
  @Max(1_000_000)
  @IsInt()
  score!: number;
}
