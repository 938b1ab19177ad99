import { CodedError, err, ok, type Json, type Result } from '../common/index.js';
import type { EvmNode } from './evm-node.js';

/** What a transaction may cost, in wei per gas (EIP-1559). */
export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
  readonly gas: bigint;
}

/** A plain transfer to be priced. */
export interface Transfer {
  readonly from: string;
  readonly to: string;
  readonly value: bigint;
}

/** No transaction may cost more than a twentieth of an ether in fees. */
const MOST_FEE_WEI = 50_000_000_000_000_000n;
const USUAL_TIP = 1_500_000_000n;

/**
 * Simulates a transfer by `eth_call` and `eth_estimateGas`, and prices it: twice the base fee, so that it is still good some
 * blocks later. `EVM_INSUFFICIENT_FUNDS`, `EVM_FEE_TOO_HIGH` (503: it may be cheaper later), `EVM_REFUSED` where it reverts.
 */
export async function simulateTransfer(
  node: EvmNode,
  { from, to, value }: Transfer,
  signal: AbortSignal,
): Promise<Result<Fees>> {
  const request = { from, to, value: hex(value) };
  const balance = await node.quantity('eth_getBalance', [from, 'latest'], signal);
  if (!balance.ok) return balance;
  if (balance.value < value) return err(poor(from, balance.value, value));
  const called = await node.call('eth_call', [request, 'latest'], signal);
  if (!called.ok) return called;
  const gas = await node.quantity('eth_estimateGas', [request], signal);
  if (!gas.ok) return gas;
  const base = await baseFee(node, signal);
  if (!base.ok) return base;
  const tip = await node.quantity('eth_maxPriorityFeePerGas', [], signal);
  const maxPriorityFeePerGas = tip.ok ? tip.value : USUAL_TIP;
  const maxFeePerGas = 2n * base.value + maxPriorityFeePerGas;
  const cost = gas.value * maxFeePerGas;
  if (cost > MOST_FEE_WEI) return err(tooExpensive(cost));
  if (balance.value < value + cost) return err(poor(from, balance.value, value + cost));
  return ok({ maxFeePerGas, maxPriorityFeePerGas, gas: gas.value });
}

/** A quantity as JSON-RPC writes it. */
export function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}

async function baseFee(node: EvmNode, signal: AbortSignal): Promise<Result<bigint>> {
  const block = await node.call<{ readonly [key: string]: Json }>(
    'eth_getBlockByNumber',
    ['latest', false],
    signal,
  );
  if (!block.ok) return block;
  const fee = block.value?.baseFeePerGas;
  if (typeof fee === 'string') return ok(BigInt(fee));
  return err(new CodedError('EVM_ANSWER', 'The chain has no base fee (EIP-1559).', {}, 502));
}

function poor(account: string, has: bigint, needs: bigint): CodedError {
  return new CodedError('EVM_INSUFFICIENT_FUNDS', `${account} has ${has} wei and needs ${needs}.`);
}

function tooExpensive(cost: bigint): CodedError {
  return new CodedError(
    'EVM_FEE_TOO_HIGH',
    `The fee could be ${cost} wei, more than ${MOST_FEE_WEI}.`,
    {},
    503,
  );
}
