import { bytesToHex, hexToBytes } from '../common/index.js';
import type { Secp256k1Signer } from '../keys/index.js';
import type { Fees, Transfer } from './fees.js';

/** What a transaction is signed from. */
export interface UnsignedTransfer extends Transfer, Fees {
  readonly chainId: bigint;
  /** Transactions of the account that the chain knows of. */
  readonly chainNonce: bigint;
}

/** Signs a plain EIP-1559 transfer with a key that leaves its module only as signatures. */
export async function signTransfer(
  { chainId, from, to, value, gas, maxFeePerGas, maxPriorityFeePerGas }: UnsignedTransfer,
  nonce: number,
  signer: Secp256k1Signer,
): Promise<{ hash: string; raw: string }> {
  const { Signature, Transaction } = await import('ethers');
  const fields = {
    type: 2,
    chainId,
    nonce,
    to,
    value,
    gasLimit: gas,
    maxFeePerGas,
    maxPriorityFeePerGas,
    data: '0x',
  };
  const unsigned = Transaction.from(fields);
  const compact = bytesToHex(signer.signDigest(hexToBytes(unsigned.unsignedHash.slice(2))));
  for (const yParity of [0, 1] as const) {
    const signature = Signature.from({
      r: `0x${compact.slice(0, 64)}`,
      s: `0x${compact.slice(64)}`,
      yParity,
    });
    const signed = Transaction.from({ ...fields, signature });
    if (signed.from === from && signed.hash !== null) return { hash: signed.hash, raw: signed.serialized };
  }
  throw new Error('the signature does not lead to the account of its key');
}
