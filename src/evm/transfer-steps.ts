import type { AutonomyGate } from '../common/autonomy/autonomy-gate.js';
import { setTimeout as delay } from 'node:timers/promises';
import { CodedError, err, ok, type Json, type Result } from '../common/index.js';
import {
  amountField,
  readFields,
  wordField,
  type ProposedStep,
  type StepContext,
  type StepHandler,
  type ValuesOf,
} from '../tasks/index.js';
import { addressField } from './address.js';
import type { EvmNode, EvmReceipt } from './evm-node.js';
import { simulateTransfer } from './fees.js';
import { NonceGaps, type WaitingTransaction } from './nonce-gaps.js';
import type { StoredTransaction, TransactionStore } from './transactions.js';

const TRANSFER = { to: addressField, value_wei: amountField };
const ACTION = { action: wordField('transfer'), ...TRANSFER };
const SIMULATION_TIMEOUT_MS = 30_000;
const TRANSFER_TIMEOUT_MS = 120_000;
const RECEIPT_EVERY_MS = 200;
/** Looks for a receipt between two looks for what it waits behind. */
const LOOKS_PER_GAP = 10;
/** What nodes say of a transaction they have, or had. */
const KNOWN = /already known|already imported|already exists|known transaction/i;
const PASSED = /nonce too low|nonce is too low|already used/i;
/** What nodes say of a transaction they will never take as it is. */
const HOPELESS = /insufficient funds|intrinsic gas|exceeds block gas limit|max fee per gas less|underpriced/i;

/** `onchain_action`: policies, simulation, and with an approval the transfer itself. */
export function onchainAction(node: EvmNode): StepHandler {
  return {
    type: 'onchain_action',
    summary:
      'Transfers ether: checked by the policies, simulated, and sent once when a guardian has approved.',
    startable: true,
    ...{ risk: 'critical', effect: 'none', timeoutMs: SIMULATION_TIMEOUT_MS },
    unavailable: () => node.unavailable(),
    parse: (raw) => readFields(ACTION, raw),
    plan: (parameters): ProposedStep[] => {
      const { to, value_wei } = parameters as ValuesOf<typeof ACTION>;
      return [
        { type: 'policy_check', parameters: { action_type: 'onchain_action.transfer', amount: value_wei } },
        { type: 'onchain_action.simulate', parameters: { to, value_wei } },
        { type: 'onchain_action.transfer', parameters: { to, value_wei } },
      ];
    },
    run: () => Promise.resolve(err(new CodedError('STEP_UNAVAILABLE', 'It is done step by step.'))),
  };
}

/** The simulation before an approval is asked for: guardians see what it would cost, and that it would work. */
export function simulateStep(node: EvmNode): StepHandler {
  return {
    type: 'onchain_action.simulate',
    summary: 'Simulates a transfer by eth_call and eth_estimateGas.',
    startable: false,
    ...{ risk: 'low', effect: 'none', timeoutMs: SIMULATION_TIMEOUT_MS },
    parse: (raw) => readFields(TRANSFER, raw),
    run: async (parameters, { signal }) => {
      const { to, value_wei } = parameters as ValuesOf<typeof TRANSFER>;
      const [chain, from] = [await node.chainId(signal), await node.account()];
      if (!chain.ok) return chain;
      if (!from.ok) return from;
      const fees = await simulateTransfer(node, { from: from.value, to, value: BigInt(value_wei) }, signal);
      if (!fees.ok) return fees;
      const { gas, maxFeePerGas } = fees.value;
      const most = String(gas * maxFeePerGas);
      return ok({ from: from.value, chain_id: String(chain.value), gas: String(gas), most_fee_wei: most });
    },
  };
}

/** The transfer: nonce and signed bytes are stored before they are sent, so that every attempt sends the same ones. */
export function transferStep(node: EvmNode, store: TransactionStore, gate: AutonomyGate): StepHandler {
  const gaps = new NonceGaps(node, store, gate);
  return {
    type: 'onchain_action.transfer',
    summary: 'Sends ether, once.',
    startable: false,
    ...{
      risk: 'critical',
      effect: 'once',
      timeoutMs: TRANSFER_TIMEOUT_MS,
      movesValue: true,
      alwaysApproval: true,
    },
    parse: (raw) => readFields(TRANSFER, raw),
    amount: ({ value_wei }) => String(value_wei),
    run: async (parameters, context) => {
      const { to, value_wei } = parameters as ValuesOf<typeof TRANSFER>;
      const chain = await node.chainId(context.signal);
      if (!chain.ok) return chain;
      const prepared = await prepare(
        node,
        store,
        { to, value: BigInt(value_wei), chainId: chain.value },
        context,
      );
      if (!prepared.ok) return prepared;
      const { hash, nonce, address } = prepared.value;
      const waiting = { ...prepared.value, chainId: chain.value };
      const receipt = await deliver(node, gaps, store, waiting, context);
      if (!receipt.ok) return receipt;
      const { blockNumber, blockHash, gasUsed } = receipt.value;
      return ok({
        ...{
          hash,
          nonce,
          from: address,
          to,
          value_wei,
          chain_id: String(chain.value),
          block_hash: blockHash,
        },
        ...{ block: String(BigInt(blockNumber)), gas_used: String(BigInt(gasUsed)) },
      });
    },
  };
}

async function prepare(
  node: EvmNode,
  store: TransactionStore,
  transfer: { to: string; value: bigint; chainId: bigint },
  { key, signal, keep, kept }: StepContext,
): Promise<Result<StoredTransaction>> {
  const earlier = await store.find(key);
  if (earlier === null && kept !== null) return err(lost());
  if (earlier !== null) {
    // A stop or a crash came between the two: from here on it goes to its end, as any other that is signed.
    if (kept === null) await keep({ hash: earlier.hash, nonce: earlier.nonce });
    return ok(earlier);
  }
  const [from, signer] = [await node.account(), await node.key()];
  if (!from.ok) return from;
  if (!signer.ok) return signer;
  const chainNonce = await node.quantity('eth_getTransactionCount', [from.value, 'pending'], signal);
  if (!chainNonce.ok) return chainNonce;
  const fees = await simulateTransfer(node, { from: from.value, ...transfer }, signal);
  if (!fees.ok) return fees;
  const unsigned = { ...transfer, ...fees.value, from: from.value, chainNonce: chainNonce.value };
  const stored = await store.prepare(key, unsigned, signer.value);
  await keep({ hash: stored.hash, nonce: stored.nonce });
  return ok(stored);
}

/** Sends until the chain has it. Every refusal from here on says which transaction may be under way. */
async function deliver(
  node: EvmNode,
  gaps: NonceGaps,
  store: TransactionStore,
  waiting: StoredTransaction & WaitingTransaction,
  { key, signal }: StepContext,
): Promise<Result<EvmReceipt>> {
  const { raw, hash } = waiting;
  const before = await receiptOf(node, hash, signal);
  if (!before.ok) return err(underway(before.error, hash));
  if (before.value !== null) return judged(before.value);
  const sent = await node.call('eth_sendRawTransaction', [raw], signal);
  if (!sent.ok && !KNOWN.test(sent.error.message)) {
    if (sent.error.code !== 'EVM_REFUSED') return err(underway(sent.error, hash));
    const there = await node.call<Json>('eth_getTransactionByHash', [hash], signal);
    if (!there.ok) return err(underway(there.error, hash));
    if (there.value === null && HOPELESS.test(sent.error.message)) {
      await store.withdraw(key);
      return err(sent.error);
    }
    if (there.value === null && PASSED.test(sent.error.message)) return err(nonceTaken(hash));
    if (there.value === null) return err(underway(sent.error, hash));
  }
  for (let look = 0; ; look++) {
    if (look % LOOKS_PER_GAP === 0) await gaps.fill(waiting, signal);
    const receipt = await receiptOf(node, hash, signal);
    if (!receipt.ok) return err(underway(receipt.error, hash));
    if (receipt.value !== null) return judged(receipt.value);
    await delay(RECEIPT_EVERY_MS, undefined, { signal });
  }
}

async function receiptOf(
  node: EvmNode,
  hash: string,
  signal: AbortSignal,
): Promise<Result<EvmReceipt | null>> {
  const found = await node.call<Json>('eth_getTransactionReceipt', [hash], signal);
  return found.ok ? ok(found.value as unknown as EvmReceipt | null) : found;
}

function judged(receipt: EvmReceipt): Result<EvmReceipt> {
  if (receipt.status === '0x1') return ok(receipt);
  const detail = `The transaction ${receipt.transactionHash} was reverted.`;
  return err(new CodedError('EVM_REVERTED', detail, { hash: receipt.transactionHash }));
}

function underway({ code, message }: CodedError, hash: string): CodedError {
  const detail = `${message} The transaction ${hash} is signed and may have been sent; it is never signed anew.`;
  return new CodedError(code, detail, { hash }, 502);
}

function nonceTaken(hash: string): CodedError {
  const detail = `The chain has another transaction with the nonce of ${hash}; that one can no longer happen.`;
  return new CodedError('EVM_NONCE_TAKEN', detail, { hash });
}

function lost(): CodedError {
  const detail = 'A transaction of this step was withdrawn or lost; the step is not done again by itself.';
  return new CodedError('EVM_TRANSACTION_LOST', detail);
}
