import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { LogAppender, LogReader, type LogEntryInput } from '../../log/index.js';

/** Kind of the leaf of a hash that somebody put into the log. */
export const ANCHOR_ENTRY = 'anchor';

/** Proof that a leaf is in the log, all that an outside tool needs (RFC 6962 §2.1.1, C2SP signed note). */
export interface LeafProof {
  /** Number of the leaf. */
  readonly txid: number;
  /** The leaf's exact text; its hash is SHA-256 of a zero byte and this. */
  readonly leaf: string;
  readonly leaf_hash: string;
  readonly tree_size: number;
  /** Hashes from the leaf upwards. */
  readonly hashes: readonly string[];
  /** The signed checkpoint the proof leads to. */
  readonly checkpoint: string;
  /** The key the checkpoint is signed with, as a verifier key. */
  readonly log_key: string;
}

const WAIT_MS = 3_000;
const STEP_MS = 25;

/** Puts hashes into the log, and proves that leaves are in it. */
@Injectable()
export class Anchors {
  constructor(
    private readonly dataSource: DataSource,
    private readonly log: LogAppender,
    private readonly reader: LogReader,
  ) {}

  /** Puts a hash into the log; one that is there already stays as it is. `LOG_NOT_READY` (503). */
  async write(hash: string, note: string | null, actor: string): Promise<Result<LeafProof>> {
    const data: LogEntryInput['data'] = note === null ? {} : { note };
    const entry = { kind: ANCHOR_ENTRY, subject: hash, actor, hash, data };
    const published = await this.log.publishOnce(entry, WAIT_MS);
    if (published === null) return err(notReady());
    return this.proveLeaf(published.index, Buffer.from(published.leaf).toString());
  }

  /** The proof of the first entry whose subject is a hash. `HASH_NOT_LOGGED` (404), `LOG_NOT_READY` (503). */
  async verify(hash: string): Promise<Result<LeafProof>> {
    for (const end = performance.now() + WAIT_MS; ; await delay(STEP_MS)) {
      const [row] = await this.dataSource.query<{ leaf_index: string | null }[]>(
        'SELECT leaf_index FROM log_entries WHERE subject = $1 ORDER BY id LIMIT 1',
        [hash],
      );
      if (row === undefined)
        return err(new CodedError('HASH_NOT_LOGGED', 'The log has no entry about this hash.', { hash }, 404));
      if (row.leaf_index !== null) return this.proof(Number(row.leaf_index));
      if (performance.now() > end) return err(notReady());
    }
  }

  /** The proof of a leaf by its number. `TX_UNKNOWN` (404), `LOG_NOT_READY` (503). */
  async proof(txid: number): Promise<Result<LeafProof>> {
    const [row] = await this.dataSource.query<{ leaf: string }[]>(
      'SELECT leaf FROM log_entries WHERE leaf_index = $1',
      [txid],
    );
    if (row === undefined)
      return err(new CodedError('TX_UNKNOWN', `The log has no leaf ${txid}.`, { txid }, 404));
    return this.proveLeaf(txid, row.leaf);
  }

  private async proveLeaf(txid: number, leaf: string): Promise<Result<LeafProof>> {
    const checkpoint = await this.published(txid);
    if (checkpoint === null) return err(notReady());
    const proof = await this.reader.inclusion(txid, checkpoint.size);
    if (!proof.ok) return proof;
    return ok({
      ...{ txid, leaf, leaf_hash: proof.value.leaf_hash, tree_size: checkpoint.size },
      ...{ hashes: proof.value.path, checkpoint: checkpoint.note, log_key: await this.reader.verifierKey() },
    });
  }

  /** The newest checkpoint once it covers a leaf; null when that takes too long. */
  private async published(txid: number): Promise<{ size: number; note: string } | null> {
    for (const end = performance.now() + WAIT_MS; performance.now() < end;) {
      const checkpoint = await this.reader.checkpoint();
      if (checkpoint.size > txid) return checkpoint;
      await delay(STEP_MS);
    }
    return null;
  }
}

function notReady(): CodedError {
  const detail = 'The entry is not under a checkpoint of the log yet; try again in a second.';
  return new CodedError('LOG_NOT_READY', detail, { retryAfter: 1 }, 503);
}
