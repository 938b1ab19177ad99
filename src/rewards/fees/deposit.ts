import { checkSignaturePortable, type SignatureCheck } from '../../chain/block/index.js';
import {
  canonicalJson,
  CodedError,
  err,
  hashJson,
  ok,
  utf8ToBytes,
  type Result,
} from '../../common/index.js';
import type { TransferDraft } from '../ledger/transfer.js';
import { keyAccount } from '../epochs/accounts.js';

/** Code of the transfer of a deposit. */
export const DEPOSIT = 'account.deposit';

/** What the owner of a key signs to move what it earned to an account of the server (docs/rewards.md). */
export interface DepositStatement {
  readonly format: 'stemma.deposit.v1';
  /** The key of the server's log, as `GET /log/key` has it: what is signed for one server is worth nothing on another. */
  readonly log: string;
  /** Compressed secp256k1, hex. */
  readonly key: string;
  /** The account of the ledger that gets it. */
  readonly account: string;
  /** Units, as a string of digits. */
  readonly amount: string;
  /** 32 hex digits; the same statement moves once. */
  readonly nonce: string;
}

/** The bytes that are signed: ECDSA over SHA-256 of them, compact, low S. */
export function depositBytes(statement: DepositStatement): Uint8Array {
  return utf8ToBytes(canonicalJson({ ...statement }));
}

/** The transfer of a deposit; its id follows from the statement, so that the same one moves once. `DEPOSIT_SIGNATURE` (422). */
export function depositTransfer(
  statement: DepositStatement,
  signature: string,
  check: SignatureCheck = checkSignaturePortable,
): Result<TransferDraft> {
  const { key, account, amount, log } = statement;
  if (!check(key, depositBytes(statement), signature)) {
    const detail = `This is not the signature of ${key} under a deposit to ${account} on the server with the log ${log}.`;
    return err(new CodedError('DEPOSIT_SIGNATURE', detail, { account, log }));
  }
  return ok({
    id: hashJson({ ...statement }).slice(0, 32),
    ...{ debit: keyAccount(key), credit: account, amount: BigInt(amount), code: DEPOSIT },
  });
}
