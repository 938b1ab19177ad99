import { readFile } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { CodedError, err, hexToBytes, messageOf, ok, type Json, type Result } from '../common/index.js';
import { AppConfig } from '../config/index.js';
import { NodeKeys, secp256k1Signer, type Secp256k1Signer } from '../keys/index.js';
import { JsonRpc } from './json-rpc.js';

/** Receipt of a transaction as nodes answer it. */
export interface EvmReceipt {
  readonly transactionHash: string;
  readonly blockNumber: string;
  readonly blockHash: string;
  readonly gasUsed: string;
  /** `0x1` done, `0x0` reverted. */
  readonly status: string;
}

/** The chain this server is set up for: what it says, and the key that signs for it. */
@Injectable()
export class EvmNode {
  readonly rpc: JsonRpc | null;
  private readonly notConfigured = new CodedError(
    'EVM_NOT_CONFIGURED',
    'No EVM chain is set up: EVM_RPC_URL is not set.',
  );
  private signer: Promise<Result<Secp256k1Signer>> | null = null;

  constructor(
    private readonly config: AppConfig,
    private readonly keys: NodeKeys,
  ) {
    this.rpc = config.evmRpcUrl === null ? null : new JsonRpc(config.evmRpcUrl);
  }

  /** Why nothing on a chain can be done; null when it can. */
  unavailable(): CodedError | null {
    return this.rpc === null ? this.notConfigured : null;
  }

  /** The chain's id; `EVM_WRONG_CHAIN` where it is not the one that EVM_CHAIN_ID asks for. */
  async chainId(signal: AbortSignal): Promise<Result<bigint>> {
    const id = await this.quantity('eth_chainId', [], signal);
    const wanted = this.config.evmChainId;
    if (!id.ok || wanted === 0 || id.value === BigInt(wanted)) return id;
    const detail = `The EVM node is on chain ${id.value}, not on ${wanted} as EVM_CHAIN_ID asks.`;
    return err(new CodedError('EVM_WRONG_CHAIN', detail));
  }

  /** Calls the node; `EVM_NOT_CONFIGURED` without one, further refusals as in `JsonRpc`. */
  async call<T extends Json>(
    method: string,
    params: readonly Json[],
    signal: AbortSignal,
  ): Promise<Result<T>> {
    return this.rpc === null
      ? err(this.unavailable() as CodedError)
      : this.rpc.call<T>(method, params, signal);
  }

  /** Calls the node for a quantity. */
  async quantity(method: string, params: readonly Json[], signal: AbortSignal): Promise<Result<bigint>> {
    return this.rpc === null
      ? err(this.unavailable() as CodedError)
      : this.rpc.quantity(method, params, signal);
  }

  /** Signs for this server: the key of EVM_KEY_FILE, or the one that signs blocks. `EVM_KEY_UNREADABLE`. */
  key(): Promise<Result<Secp256k1Signer>> {
    this.signer ??= this.loadKey();
    return this.signer;
  }

  /** The account transactions are sent from, in EIP-55 form. */
  async account(): Promise<Result<string>> {
    const key = await this.key();
    if (!key.ok) return key;
    const { computeAddress, hexlify } = await import('ethers');
    return ok(computeAddress(hexlify(key.value.publicKey)));
  }

  private async loadKey(): Promise<Result<Secp256k1Signer>> {
    const { evmKeyFile: file } = this.config;
    if (file === null) return ok(this.keys.blockSigner);
    try {
      const text = (await readFile(file, 'utf8')).trim().replace(/^0x/, '');
      if (/^[0-9a-f]{64}$/i.test(text)) return ok(secp256k1Signer(hexToBytes(text.toLowerCase())));
      return err(new CodedError('EVM_KEY_UNREADABLE', 'EVM_KEY_FILE does not hold 64 hex digits.'));
    } catch (thrown) {
      return err(new CodedError('EVM_KEY_UNREADABLE', `EVM_KEY_FILE cannot be read: ${messageOf(thrown)}`));
    }
  }
}
