import { appendFile, mkdir, open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CodedError,
  err,
  messageOf,
  ok,
  systemCodeOf,
  utf8ToBytes,
  type Result,
} from '../../common/index.js';
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

  /** Begins one, with the architecture's files beside it; `TRAINING_FOLDER` where there is something already. */
  static async create(
    path: string,
    record: PretrainingRecord,
    files: readonly { readonly name: string; readonly content: Uint8Array }[],
  ): Promise<Result<PretrainingFolder>> {
    await mkdir(path, { recursive: true });
    if ((await readdir(path)).length > 0) {
      const message = `${path} is not empty: go on with --resume ${path}, or name another folder with --out`;
      return err(new CodedError('TRAINING_FOLDER', message, { folder: path }));
    }
    const json = utf8ToBytes(`${JSON.stringify(recordJson(record), null, 1)}\n`);
    const all = [...files, { name: RECORD, content: json }];
    await writeDurably(
      path,
      all.map(({ name, content }) => ({ target: join(path, name), content })),
    );
    return ok(new PretrainingFolder(path, record));
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

  /**
   * Where it stood when it was kept last; what was done after it is forgotten. Null: nothing was kept, it begins anew. `TRAINING_STATE` where
   * the state is damaged: no crash leaves it so.
   */
  async takeUp(): Promise<Result<KeptPretraining | null>> {
    const bytes = await orNothing(readFile(join(this.path, STATE)));
    const text = await orNothing(readFile(join(this.path, JOURNAL), 'utf8'));
    const all = parseJournal(text ?? '');
    const state = bytes === null ? null : decodeState(bytes);
    const known = state !== null && all.steps.at(state.step - 1)?.hash === state.hash;
    if (bytes !== null && !known) {
      const message = `${join(this.path, STATE)} does not fit to its journal: put both back from a backup, or remove both to begin anew`;
      return err(new CodedError('TRAINING_STATE', message, { folder: this.path }));
    }
    const journal = known ? journalAt(all, state.step) : { steps: [], checks: [] };
    await this.write(JOURNAL, utf8ToBytes(journalLines(journal, { steps: 0, checks: 0 })));
    this.written = { steps: journal.steps.length, checks: journal.checks.length };
    return ok(known ? { journal, state } : null);
  }

  /** Writes a result. */
  async write(name: string, content: Uint8Array | { readonly path: string }): Promise<void> {
    await writeDurably(this.path, [{ target: join(this.path, name), content }]);
  }
}

async function orNothing<T>(read: Promise<T>): Promise<T | null> {
  return read.catch((thrown: unknown) => {
    if (systemCodeOf(thrown) === 'ENOENT') return null;
    throw thrown;
  });
}
