import { err, ok, CodedError, type Json, type Result } from '../common/index.js';
import type { TaskAlerts } from '../monitoring/index.js';
import {
  amountField,
  integerField,
  optionalField,
  readFields,
  withDefault,
  wordField,
  type StepHandler,
  type ValuesOf,
} from '../tasks/index.js';
import { addressField } from './address.js';
import type { EvmNode } from './evm-node.js';

const STEP_TIMEOUT_MS = 30_000;
const ADDRESS = { address: addressField };
const READING = {
  address: addressField,
  threshold_wei: amountField,
  breach: withDefault(wordField('below', 'above'), 'below'),
};
/** Readings of one task: each is a step of its plan, which whoever approves or stops it sees. */
const MOST_CHECKS = 100;
const MONITOR = {
  ...READING,
  interval_s: withDefault(integerField(1, 86_400), 300),
  checks: withDefault(integerField(1, MOST_CHECKS), 12),
};
/** Which reading of how many; not in what was planned by earlier versions. */
const NUMBERED = {
  ...READING,
  reading: optionalField(integerField(1, MOST_CHECKS)),
  readings: optionalField(integerField(1, MOST_CHECKS)),
};

/** `check_balance`: what an account has, in wei. */
export function checkBalance(node: EvmNode): StepHandler {
  return {
    type: 'check_balance',
    summary: 'Reads the balance of an account.',
    startable: true,
    ...{ risk: 'low', effect: 'none', timeoutMs: STEP_TIMEOUT_MS },
    unavailable: () => node.unavailable(),
    parse: (raw) => readFields(ADDRESS, raw),
    run: async ({ address }, { signal }) => {
      const found = await balanceOf(node, String(address), signal);
      return found.ok ? ok({ address: address as Json, ...found.value }) : found;
    },
  };
}

/** `monitor_wallet`: reads a balance again and again, one durable step each, and raises an alert when it is beyond a threshold. */
export function monitorWallet(node: EvmNode): StepHandler {
  return {
    type: 'monitor_wallet',
    summary:
      'Watches the balance of an account for so many readings (`checks`) and raises an alert when it is beyond a threshold.',
    startable: true,
    ...{ risk: 'low', effect: 'none', timeoutMs: STEP_TIMEOUT_MS },
    unavailable: () => node.unavailable(),
    parse: (raw) => readFields(MONITOR, raw),
    plan: (parameters) => {
      const { interval_s, checks, ...reading } = parameters as ValuesOf<typeof MONITOR>;
      return Array.from({ length: checks }, (_, i) => ({
        ...{ type: 'monitor_wallet.reading', delayMs: i === 0 ? 0 : interval_s * 1000 },
        parameters: { ...reading, reading: i + 1, readings: checks },
      }));
    },
    run: () => Promise.resolve(err(new CodedError('STEP_UNAVAILABLE', 'It is done reading by reading.'))),
  };
}

/** One reading of `monitor_wallet`. Its alert is written down before the reading counts as done. */
export function walletReading(node: EvmNode, alerts: TaskAlerts): StepHandler {
  return {
    type: 'monitor_wallet.reading',
    summary: 'One reading of a watched account.',
    startable: false,
    ...{ risk: 'low', effect: 'none', timeoutMs: STEP_TIMEOUT_MS },
    parse: (raw) => readFields(NUMBERED, raw),
    run: async (parameters, { signal, task }) => {
      const { address, threshold_wei, breach, ...numbers } = parameters as ValuesOf<typeof NUMBERED>;
      const found = await balanceOf(node, address, signal);
      if (!found.ok) return found;
      const [balance, threshold] = [BigInt(found.value.balance_wei), BigInt(threshold_wei)];
      const breached = breach === 'below' ? balance < threshold : balance > threshold;
      if (breached)
        await alerts.tell({
          ...{ code: 'WALLET_THRESHOLD', severity: 'warning', task },
          detail: `${address} has ${balance} wei, ${breach} ${threshold}.`,
        });
      return ok({ address, ...found.value, breached, ...numbers });
    },
  };
}

async function balanceOf(
  node: EvmNode,
  address: string,
  signal: AbortSignal,
): Promise<Result<{ balance_wei: string; block: string; chain_id: string }>> {
  const chain = await node.chainId(signal);
  if (!chain.ok) return chain;
  const block = await node.quantity('eth_blockNumber', [], signal);
  if (!block.ok) return block;
  const balance = await node.quantity('eth_getBalance', [address, `0x${block.value.toString(16)}`], signal);
  if (!balance.ok) return balance;
  return ok({
    balance_wei: String(balance.value),
    block: String(block.value),
    chain_id: String(chain.value),
  });
}
