import { Injectable } from '@nestjs/common';
import { CodedError, err, hashJson, ok, type Json, type Result } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { Transactions } from '../../database/index.js';
import { ParameterIndex } from '../../experts/index.js';
import { LogAppender } from '../../log/index.js';
import { isGenerated } from '../evaluation/example-source.js';
import { KnownDocuments } from './known-documents.js';
import { SealedAlerts } from './sealed-alerts.js';
import { SEALED_SET_ENTRY } from './sealed-entries.js';
import { SealedFiles } from './sealed-files.js';
import { parseCommitment, type SealedCommitment } from './sealed-set.js';
import { SealedStore } from './sealed-store.js';

/** The door for commitments to sealed sets. The documents have come another way: into the data folder of this server. */
@Injectable()
export class SealedDesk {
  private readonly files: SealedFiles;

  constructor(
    config: AppConfig,
    private readonly store: SealedStore,
    private readonly known: KnownDocuments,
    private readonly index: ParameterIndex,
    private readonly transactions: Transactions,
    private readonly log: LogAppender,
    private readonly alerts: SealedAlerts,
  ) {
    this.files = new SealedFiles(config.dataDir);
  }

  /**
   * Takes a commitment and puts it into the log, from which on submissions and removals are measured by it; the same twice is one. What it
   * says must be what the file in the data folder holds. `SEALED_SET_FORM`, `SEALED_SET_NOT_NEEDED` (409), `MODEL_NOT_LIVE` (404),
   * `SEALED_SET_CONTEXT` (409), `SEALED_SET_DIFFERS` (409), `SEALED_SET_OPENED` (409) with documents that were opened from another set,
   * `SEALED_SET_FILE` (503).
   */
  async commit(
    account: string,
    given: unknown,
  ): Promise<Result<{ commitment: SealedCommitment; created: boolean }>> {
    const parsed = parseCommitment(given);
    if (!parsed.ok) return parsed;
    const commitment = parsed.value;
    const { model, root, context } = commitment;
    if (isGenerated(model))
      return refuse(
        'SEALED_SET_NOT_NEEDED',
        409,
        `the domains of ${model} have generators: it needs no sealed set`,
      );
    const live = await this.index.live(model);
    if (live === null) return refuse('MODEL_NOT_LIVE', 404, `no release of ${model} is live`);
    if (live.config.maxPositions !== context) {
      const message = `the live release of ${model} has a context of ${live.config.maxPositions} tokens, the set is for ${context}`;
      return refuse('SEALED_SET_CONTEXT', 409, message);
    }
    const kept = await this.files.read(root);
    if (!kept.ok) return kept;
    const hash = hashJson(commitment as unknown as Json);
    if (hashJson(kept.value.commitment as unknown as Json) !== hash)
      return refuse(
        'SEALED_SET_DIFFERS',
        409,
        `the file of ${root} in the data folder has another commitment`,
      );
    const keys = await this.known.keysOf(kept.value);
    const opened = await this.known.openedOf(keys, root);
    if (opened.length > 0) {
      const message = `${opened.length} documents of it were opened from other sets, or are about to be: anybody may know them`;
      return refuse('SEALED_SET_OPENED', 409, message);
    }
    const created = await this.transactions.run(async (manager) => {
      if (!(await this.store.add(manager, commitment, account))) return false;
      const { version, domains, draws } = commitment;
      const data = { version, model, domains, draws, context };
      await this.log.append(manager, [{ kind: SEALED_SET_ENTRY, subject: root, actor: account, hash, data }]);
      return true;
    });
    if (created) {
      this.log.committed();
      await this.alerts.look(commitment);
      return ok({ commitment, created });
    }
    const before = await this.store.set(root);
    if (before === null || hashJson(before as unknown as Json) !== hash)
      return refuse('SEALED_SET_DIFFERS', 409, `there is another commitment to ${root} already`);
    return ok({ commitment, created });
  }
}

function refuse(code: string, status: number, message: string): Result<never> {
  return err(new CodedError(code, message, {}, status));
}
