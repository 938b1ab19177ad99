import { requestJson, send } from './client.js';
import { isRecord, Problem } from './problem.js';
import { openSession } from './session.js';

/** What browser wallets put into the page (EIP-1193). */
interface Provider {
  request(call: { method: string; params?: readonly unknown[] }): Promise<unknown>;
}

function provider(): Provider | null {
  const { ethereum } = globalThis as { ethereum?: unknown };
  return isRecord(ethereum) && typeof ethereum.request === 'function'
    ? (ethereum as unknown as Provider)
    : null;
}

/** Whether this browser has a wallet. */
export function hasWallet(): boolean {
  return provider() !== null;
}

/** Signs in with the wallet of this browser. */
export async function enterWithWallet(): Promise<void> {
  await openSession('/auth/wallet/verify', await proof());
}

/** Lets the wallet of this browser open the account, too. */
export async function linkWallet(): Promise<void> {
  await send('/auth/wallet/link', { method: 'POST', body: await proof() });
}

/** Has the wallet sign the server's message (EIP-4361). */
async function proof(): Promise<{ message: string; signature: string }> {
  const wallet = provider();
  if (wallet === null) throw new Problem(0, 'WALLET_MISSING', 'This browser has no wallet.');
  const accounts = await asked(wallet, { method: 'eth_requestAccounts' });
  const address = Array.isArray(accounts) ? String(accounts[0]) : '';
  const { message } = await requestJson<{ message: string }>('/auth/wallet/nonce', {
    method: 'POST',
    body: { address },
  });
  const signature = await asked(wallet, { method: 'personal_sign', params: [hexOf(message), address] });
  return { message, signature: String(signature) };
}

async function asked(wallet: Provider, call: Parameters<Provider['request']>[0]): Promise<unknown> {
  try {
    return await wallet.request(call);
  } catch (thrown) {
    const detail = isRecord(thrown) && typeof thrown.message === 'string' ? thrown.message : String(thrown);
    throw new Problem(0, 'WALLET_REFUSED', detail.slice(0, 200));
  }
}

function hexOf(text: string): string {
  const bytes = [...new TextEncoder().encode(text)];
  return `0x${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
