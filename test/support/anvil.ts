import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { packageRoot } from '../../src/common/installation.js';
import { PATIENCE_MS } from './patience.js';
import { lastingPort } from './ports.js';

/** An EVM chain of its own: anvil, as it comes with the installation. */
export interface Anvil {
  readonly url: string;
  readonly port: number;
  /** Calls a method of the node; throws its refusal. */
  rpc<T = string>(method: string, ...params: readonly unknown[]): Promise<T>;
  /** Gives an account ether. */
  fund(address: string, wei: bigint): Promise<void>;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
}

/** Starts anvil. @param state file its chain is kept in over restarts @param port the one to listen on; one that stays its own by default */
export async function startAnvil({ state, port }: { state?: string; port?: number } = {}): Promise<Anvil> {
  const at = port ?? (await lastingPort());
  const child = spawn(
    process.execPath,
    [
      join(packageRoot(), 'node_modules', '@foundry-rs', 'anvil', 'bin.mjs'),
      ...['--port', String(at), '--silent', '--chain-id', '31337'],
      ...(state === undefined ? [] : ['--state', state, '--state-interval', '1']),
    ],
    { stdio: 'ignore', detached: true, env: { ...process.env, TARGET_TOOL: 'anvil' } },
  );
  const url = `http://127.0.0.1:${at}/`;
  const rpc = <T>(method: string, ...params: readonly unknown[]): Promise<T> =>
    callNode<T>(url, method, params);
  const anvil: Anvil = {
    ...{ url, port: at, rpc, kill: () => endGroup(child) },
    fund: async (address, wei) => void (await rpc('anvil_setBalance', address, `0x${wei.toString(16)}`)),
  };
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await delay(50)) {
    if (
      await rpc('eth_chainId').then(
        () => true,
        () => false,
      )
    )
      return anvil;
  }
  await anvil.kill();
  throw new Error('anvil did not start in time');
}

async function callNode<T>(url: string, method: string, params: readonly unknown[]): Promise<T> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const { result, error } = (await response.json()) as { result: T; error?: { message: string } };
  if (error !== undefined) throw new Error(error.message);
  return result;
}

/** The launcher and the node it started are one process group. */
async function endGroup(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, 'exit');
  process.kill(-child.pid, 'SIGKILL');
  await exited;
}
