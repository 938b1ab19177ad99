import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ok, type Result } from '../../common/index.js';

/** What one answer costs whoever asked; it is reserved, and taken with the receipt. */
export interface AnswerFee {
  /** Units of BLY. */
  readonly units: bigint;
  /** Takes it in one transaction with what `write` writes: neither is without the other. Once for a receipt, however often. */
  take(receipt: string, write: (manager: EntityManager) => Promise<void>): Promise<void>;
}

/** The fees of the answers of one request. */
export interface ReservedFees {
  /** One for each answer; none where answers are free. */
  readonly each: readonly AnswerFee[];
  /** Frees what was not taken. */
  release(): Promise<void>;
}

/** Collects fees: reserves them before an answer is computed, so that nobody is answered who cannot pay. */
export interface FeeCollector {
  /** Refuses with `FEE_EXCEEDS_BALANCE` (402) where the account has too little. @param owner the account that asks */
  reserve(owner: string, answers: number): Promise<Result<ReservedFees>>;
}

/** No fees: answers are free. */
export const NO_FEES: ReservedFees = { each: [], release: () => Promise.resolve() };

/** Where whoever collects fees is asked before answers are computed. Without a collector answers are free. */
@Injectable()
export class AnswerFees {
  private collector: FeeCollector | null = null;

  /** Names who collects. */
  collectBy(collector: FeeCollector): void {
    this.collector = collector;
  }

  /** Runs `work` with the fees of so many answers reserved, and frees what it has not taken. Refuses as the collector does. */
  async during<T>(
    owner: string,
    answers: number,
    work: (fees: readonly AnswerFee[]) => Promise<Result<T>>,
  ): Promise<Result<T>> {
    const reserved = this.collector === null ? ok(NO_FEES) : await this.collector.reserve(owner, answers);
    if (!reserved.ok) return reserved;
    try {
      return await work(reserved.value.each);
    } finally {
      await reserved.value.release();
    }
  }
}
