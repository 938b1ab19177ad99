import { CodedError, err, ok, type Json, type Result } from '../../common/index.js';
import { accountProblem, type AccountDraft } from './account.js';
import { draftProblem, isTransferId } from './check-draft.js';
import type { Transfer, TransferKind } from './transfer.js';

/** Name and version of the payload (docs/formats/transfers.md). */
export const TRANSFERS_FORMAT = 'stemma.transfers.v1';

/** What one block of chain C tells: everything that happened to the ledger at its time, in this order. */
export interface TransfersPayload {
  /** Number of the first transfer; they are numbered from 1 through all blocks. */
  readonly sequence: number;
  /** Accounts that were opened. */
  readonly accounts: readonly AccountDraft[];
  /** Pending transfers that had expired. */
  readonly expired: readonly string[];
  readonly transfers: readonly Transfer[];
}

const encoder = new TextEncoder();

type Members = Readonly<Record<string, Json | undefined>>;

/**
 * The payload as canonical JSON; members that say nothing are left out. Written out by hand, members in their order: all
 * words are of letters that need no escape (`draftProblem`, `accountProblem`), and batches are large.
 */
export function encodePayload({ sequence, accounts, expired, transfers }: TransfersPayload): Uint8Array {
  const parts = [
    `"accounts":[${accounts.map(accountText).join(',')}]`,
    `"expired":[${expired.map((id) => `"${id}"`).join(',')}]`,
    `"format":"${TRANSFERS_FORMAT}"`,
    `"sequence":${sequence}`,
    `"transfers":[${transfers.map(transferText).join(',')}]`,
  ];
  return encoder.encode(`{${parts.join(',')}}`);
}

/** Reads what `encodePayload` wrote and nothing else: `TRANSFERS_PAYLOAD`. */
export function decodePayload(bytes: Uint8Array): Result<TransfersPayload> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const json = JSON.parse(text) as Members;
    const { sequence, expired } = json;
    if (json.format !== TRANSFERS_FORMAT || typeof sequence !== 'number' || !Array.isArray(expired))
      return refusal('has another format');
    const payload: TransfersPayload = {
      ...{ sequence, expired: expired as readonly string[] },
      accounts: (json.accounts as unknown as Members[]).map(accountOf),
      transfers: (json.transfers as unknown as Members[]).map(transferOf),
    };
    if (!isSound(payload)) return refusal('holds something that no ledger would take');
    const again = new TextDecoder().decode(encodePayload(payload));
    return again === text ? ok(payload) : refusal('is not in canonical form');
  } catch {
    return refusal('cannot be read');
  }
}

function isSound({ sequence, accounts, expired, transfers }: TransfersPayload): boolean {
  return (
    Number.isSafeInteger(sequence) &&
    sequence > 0 &&
    accounts.every((account) => accountProblem(account) === null) &&
    expired.every(isTransferId) &&
    transfers.every((transfer) => draftProblem(transfer) === null)
  );
}

function accountText({ id, asset, overdraftLimit = 0n }: AccountDraft): string {
  const limit = overdraftLimit === 0n ? '' : `,"overdraft_limit":"${overdraftLimit}"`;
  return `{"asset":"${asset}","id":"${id}"${limit}}`;
}

function accountOf({ id, asset, overdraft_limit: limit }: Members): AccountDraft {
  return { id: id as string, asset: asset as string, overdraftLimit: BigInt((limit as string) ?? 0) };
}

function transferText(transfer: Transfer): string {
  const { id, kind, debit, credit, amount, pendingId, timeout, code, reference, linked, balancing } =
    transfer;
  let text = `{"amount":"${amount}"`;
  if (balancing) text += ',"balancing":true';
  text += `,"code":"${code}","credit":"${credit}","debit":"${debit}","id":"${id}"`;
  if (kind !== 'single') text += `,"kind":"${kind}"`;
  if (linked) text += ',"linked":true';
  if (pendingId !== null) text += `,"pending_id":"${pendingId}"`;
  if (reference !== null) text += `,"reference":"${reference}"`;
  if (timeout > 0) text += `,"timeout":${timeout}`;
  return `${text}}`;
}

function transferOf(json: Members): Transfer {
  return {
    id: json.id as string,
    kind: (json.kind ?? 'single') as TransferKind,
    ...{ debit: json.debit as string, credit: json.credit as string, amount: BigInt(json.amount as string) },
    pendingId: (json.pending_id ?? null) as string | null,
    timeout: (json.timeout ?? 0) as number,
    ...{ code: json.code as string, reference: (json.reference ?? null) as string | null },
    ...{ linked: json.linked === true, balancing: json.balancing === true },
  };
}

function refusal(what: string): Result<never> {
  return err(new CodedError('TRANSFERS_PAYLOAD', `The payload of transfers ${what}.`));
}
