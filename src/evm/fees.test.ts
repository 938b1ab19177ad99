import { err, CodedError, ok, type Json, type Result } from '../common/index.js';
import type { EvmNode } from './evm-node.js';
import { hex, simulateTransfer } from './fees.js';

const GWEI = 10n ** 9n;
const ETHER = 10n ** 18n;
const signal = new AbortController().signal;

/** A node that answers as told; what is an error is refused. */
function nodeWith(answers: Readonly<Record<string, bigint | Json | CodedError>>) {
  const asked: string[] = [];
  const answer = (method: string): Result<never> => {
    asked.push(method);
    const value = answers[method];
    return value instanceof CodedError ? err(value) : (ok(value) as Result<never>);
  };
  const node = {
    call: async (method: string) => answer(method),
    quantity: async (method: string) => answer(method),
  };
  return { node: node as unknown as EvmNode, asked };
}

const usual = (baseFee: bigint) => ({
  ...{ eth_getBalance: ETHER, eth_call: '0x', eth_estimateGas: 21_000n, eth_maxPriorityFeePerGas: GWEI },
  eth_getBlockByNumber: { baseFeePerGas: hex(baseFee) },
});
const transfer = { from: '0xaa', to: '0xbb', value: 5n };

describe('a transfer that is simulated', () => {
  it('is priced at twice the base fee and the tip', async () => {
    const { node } = nodeWith(usual(10n * GWEI));
    const priced = { gas: 21_000n, maxFeePerGas: 21n * GWEI, maxPriorityFeePerGas: GWEI };
    expect(await simulateTransfer(node, transfer, signal)).toEqual({ ok: true, value: priced });
  });

  it.each([
    [1_189n, 'passes'],
    [1_190n, 'EVM_FEE_TOO_HIGH'],
  ])('may cost a twentieth of an ether in fees: a base fee of %s gwei', async (fee, outcome) => {
    // 21,000 gas at twice the base fee and one gwei: 0.049959 and 0.050001 ether.
    const result = await simulateTransfer(nodeWith(usual(fee * GWEI)).node, transfer, signal);
    expect(result.ok ? 'passes' : result.error.code).toBe(outcome);
    if (!result.ok) expect(result.error.status).toBe(503);
  });

  it.each([
    ['the amount', { eth_getBalance: 4n }, ['eth_getBalance']],
    ['the fee', { eth_getBalance: 5n + 21_000n * 21n * GWEI - 1n }, undefined],
  ])('is refused where the wallet has not got %s', async (_what, changes, onlyAsked) => {
    const { node, asked } = nodeWith({ ...usual(10n * GWEI), ...changes });
    const result = await simulateTransfer(node, transfer, signal);
    expect(result).toMatchObject({ ok: false, error: { code: 'EVM_INSUFFICIENT_FUNDS' } });
    if (onlyAsked !== undefined) expect(asked).toEqual(onlyAsked);
  });

  it('is refused as the node refuses the call', async () => {
    const refused = new CodedError('EVM_REFUSED', 'execution reverted');
    const { node, asked } = nodeWith({ ...usual(GWEI), eth_call: refused });
    expect(await simulateTransfer(node, transfer, signal)).toEqual({ ok: false, error: refused });
    expect(asked).toEqual(['eth_getBalance', 'eth_call']);
  });
});
