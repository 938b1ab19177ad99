import { Injectable } from '@nestjs/common';
import { LogReader } from '../../log/index.js';
import { recordText } from './guardian-record.js';
import type { PlacedGuardianRecord } from './guardian-trail.js';

/** What all proofs of an export lead to. */
export interface SignedTree {
  /** The signed checkpoint. */
  readonly checkpoint: string;
  /** The key it is signed with, as a verifier key. */
  readonly log_key: string;
}

/** A record with all that an outside tool needs to find it in the log (RFC 6962 §2.1.1, C2SP signed note). */
export interface ProvedRecord extends PlacedGuardianRecord {
  /** Null while no checkpoint covers the leaf. */
  readonly proof: {
    readonly tree_size: number;
    readonly leaf_hash: string;
    readonly hashes: readonly string[];
  } | null;
}

const COLUMNS = [
  'txid',
  'at',
  'event',
  'actor',
  'decision',
  'state',
  'reason',
  'facts',
  'hash',
  'tree_size',
  'proof',
  'leaf',
  'record',
  'checkpoint',
  'log_key',
];

/** Audit records for other tools. */
@Injectable()
export class AuditExport {
  constructor(private readonly reader: LogReader) {}

  /** Adds proofs, all under one checkpoint. */
  async prove(
    records: readonly PlacedGuardianRecord[],
  ): Promise<SignedTree & { readonly records: readonly ProvedRecord[] }> {
    const checkpoint = await this.reader.checkpoint();
    const proved: ProvedRecord[] = [];
    for (const record of records) {
      const covered = record.txid !== null && record.txid < checkpoint.size;
      const found = covered ? await this.reader.inclusion(record.txid, checkpoint.size) : null;
      const proof =
        found?.ok === true
          ? { tree_size: checkpoint.size, leaf_hash: found.value.leaf_hash, hashes: found.value.path }
          : null;
      proved.push({ ...record, proof });
    }
    return { checkpoint: checkpoint.note, log_key: await this.reader.verifierKey(), records: proved };
  }
}

/**
 * Records as CSV (RFC 4180), one line each, which says all that is needed to prove it. A cell that a spreadsheet would compute is
 * quoted by an apostrophe; `record` and `leaf` begin with a brace and are never changed.
 */
export function auditCsv(
  records: readonly ProvedRecord[],
  { checkpoint, log_key: logKey }: SignedTree,
): string {
  const lines = records.map(({ txid, hash, leaf, record, proof }) => {
    const { at, event, actor, decision, state, reason, facts } = record;
    return [
      ...[
        txid,
        new Date(at).toISOString(),
        event,
        actor,
        decision,
        state,
        reason,
        JSON.stringify(facts),
        hash,
      ],
      ...[proof?.tree_size ?? null, proof?.hashes.join(' ') ?? null],
      ...[leaf, recordText(record), checkpoint, logKey],
    ]
      .map(cell)
      .join(',');
  });
  return `${[COLUMNS.join(','), ...lines].join('\r\n')}\r\n`;
}

/** Records as JSON, one per line. */
export function auditLines(records: readonly ProvedRecord[]): string {
  return records
    .map(
      ({ hash, txid, leaf, record, proof }) => `${JSON.stringify({ hash, txid, ...record, leaf, proof })}\n`,
    )
    .join('');
}

function cell(value: string | number | null): string {
  const text = value === null ? '' : String(value);
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
