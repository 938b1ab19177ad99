import { appendFile, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError, err, messageOf, ok, utf8ToBytes, type Result } from '../../common/index.js';
import { writeDurably } from '../../common/durable-files.js';
import { journalAt, journalLines, parseJournal, type Journal } from '../run/run-journal.js';
import { decodeState, encodeState } from '../run/state-file.js';
import type { TrainerState } from '../trainer/trainer.js';
import { parseRecord, recordJson, type PretrainingRecord } from './pretraining-record.js';

const RECORD = 'pretraining.json';
const JOURNAL = 'journal.jsonl';
/** The newest state takes the place of the one before: a state of all weights and moments is three times as large as the model. */
const STATE = 'latest.state';

/** Where a training from nothing stands. */
export interface KeptPretraining {
  readonly journal: Journal;
  readonly state: TrainerState;
}

/** The folder of a training from nothing. A crash at any point leaves what was kept before. */
export class PretrainingFolder {
  private written = { steps: 0, checks: 0 };

  private constructor(
    readonly path: string,
    readonly record: PretrainingRecord,
  ) {}

  /** Begins one, with the architecture's files beside it; what an earlier one left in the folder is forgotten. */
  static async create(
    path: string,
    record: PretrainingRecord,
    files: readonly { readonly name: string; readonly content: Uint8Array }[],
  ): Promise<PretrainingFolder> {
    await mkdir(path, { recursive: true });
    for (const name of [JOURNAL, STATE]) await rm(join(path, name), { force: true });
    const json = utf8ToBytes(`${JSON.stringify(recordJson(record), null, 1)}\n`);
    const all = [...files, { name: RECORD, content: json }];
    await writeDurably(
      path,
      all.map(({ name, content }) => ({ target: join(path, name), content })),
    );
    return new PretrainingFolder(path, record);
  }

  /** Opens one; `TRAINING_FOLDER` where there is none. */
  static async open(path: string): Promise<Result<PretrainingFolder>> {
    let value: unknown;
    try {
      value = JSON.parse(await readFile(join(path, RECORD), 'utf8'));
    } catch (thrown) {
      const message = `${join(path, RECORD)} cannot be read: ${messageOf(thrown)}`;
      return err(new CodedError('TRAINING_FOLDER', message, { folder: path }));
    }
    const record = parseRecord(value);
    return record.ok ? ok(new PretrainingFolder(path, record.value)) : record;
  }

  /** Keeps where it stands, durably: what was done first, for a state counts only with it. */
  async keep(journal: Journal, state: TrainerState): Promise<void> {
    const path = join(this.path, JOURNAL);
    await appendFile(path, journalLines(journal, this.written));
    const handle = await open(path, 'r+');
    await handle.datasync().finally(() => handle.close());
    this.written = { steps: journal.steps.length, checks: journal.checks.length };
    await this.write(STATE, encodeState(state));
  }

  /** Where it stood when it was kept last; what was done after it is forgotten. Null: it begins anew. */
  async takeUp(): Promise<KeptPretraining | null> {
    const all = parseJournal(await readFile(join(this.path, JOURNAL), 'utf8').catch(() => ''));
    const bytes = await readFile(join(this.path, STATE)).catch(() => null);
    const state = bytes === null ? null : decodeState(bytes);
    const known = state !== null && state.step > 0 && all.steps.at(state.step - 1)?.hash === state.hash;
    const journal = known ? journalAt(all, state.step) : { steps: [], checks: [] };
    await this.write(JOURNAL, utf8ToBytes(journalLines(journal, { steps: 0, checks: 0 })));
    this.written = { steps: journal.steps.length, checks: journal.checks.length };
    return known ? { journal, state } : null;
  }

  /** Writes a result. */
  async write(name: string, content: Uint8Array | { readonly path: string }): Promise<void> {
    await writeDurably(this.path, [{ target: join(this.path, name), content }]);
  }
}
