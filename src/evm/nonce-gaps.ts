import { Logger } from '@nestjs/common';
import type { AutonomyGate } from '../common/autonomy/autonomy-gate.js';
import { messageOf } from '../common/index.js';
import type { EvmNode } from './evm-node.js';
import { simulateTransfer } from './fees.js';
import type { NonceGap, TransactionStore } from './transactions.js';

/** A transaction that waits. */
export interface WaitingTransaction {
  readonly chainId: bigint;
  readonly address: string;
  readonly nonce: number;
}

/**
 * Lets a transaction go on that waits behind a nonce of which nothing will come: of a transfer that was signed, but whose step ended
 * (its approval expired, say) before it could be sent, or that the node refused for good. A transaction of the account to itself, of nothing, takes its place. It
 * needs no approval: it moves no value, and the transfer it stands for can never happen any more.
 */
export class NonceGaps {
  private readonly logger = new Logger('Evm');

  constructor(
    private readonly node: EvmNode,
    private readonly store: TransactionStore,
    private readonly gate: AutonomyGate,
  ) {}

  /** Fills the gaps before a transaction, one a call. Never rejects: whoever waits looks again. */
  async fill(waiting: WaitingTransaction, signal: AbortSignal): Promise<void> {
    try {
      const next = await this.node.quantity('eth_getTransactionCount', [waiting.address, 'pending'], signal);
      if (!next.ok || next.value >= BigInt(waiting.nonce)) return;
      const gap = await this.store.gap(waiting, next.value);
      if (gap !== null) await this.fillOne(gap, signal);
    } catch (thrown) {
      if (!signal.aborted) this.logger.warn(`a nonce could not be given free: ${messageOf(thrown)}`);
    }
  }

  private async fillOne(gap: NonceGap, signal: AbortSignal): Promise<void> {
    // Nothing new is signed while automatic action is stopped; the transfer that waits goes on when it is resumed.
    if (gap.raw === null && !this.gate.state().allowed) return;
    const raw = gap.raw ?? (await this.sign(gap, signal));
    if (raw !== null) await this.node.call('eth_sendRawTransaction', [raw], signal);
  }

  private async sign(gap: NonceGap, signal: AbortSignal): Promise<string | null> {
    const nothing = { from: gap.address, to: gap.address, value: 0n };
    const [signer, fees] = [await this.node.key(), await simulateTransfer(this.node, nothing, signal)];
    if (!signer.ok || !fees.ok) return null;
    this.logger.warn(
      `nonce ${gap.nonce} of ${gap.address} is filled: what ${gap.stepKey} signed with it will not be sent`,
    );
    return this.store.fill(gap, { ...nothing, ...fees.value }, signer.value);
  }
}
