import { appendFile, mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
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
import type { TrainerState } from '../trainer/trainer.js';
import { journalAt, journalLines, parseJournal, type Journal } from './run-journal.js';
import { parseRecord, recordJson, type RunRecord } from './run-record.js';
import { decodeState, encodeState } from './state-file.js';
import type { Check, RunProgress } from './training-run.js';

const STATE_FILE = /^(\d{1,8})\.state$/;

/** A point that a training can be taken up from. */
export interface KeptRun {
  readonly progress: RunProgress;
  readonly state: TrainerState;
}

/**
 * The folder of a training: what it was begun with (`run.json`), what it has done (`journal.jsonl`) and states on the way
 * (`states/<updates>.state`). A crash at any point leaves what was kept before.
 */
export class TrainingFolder {
  private written = { steps: 0, checks: 0 };

  private constructor(
    private readonly folder: string,
    readonly record: RunRecord,
  ) {}

  /** Begins a training; what an earlier one left in the folder is forgotten. */
  static async create(folder: string, record: RunRecord): Promise<TrainingFolder> {
    await rm(join(folder, 'states'), { recursive: true, force: true });
    await rm(join(folder, 'journal.jsonl'), { force: true });
    await mkdir(join(folder, 'states'), { recursive: true });
    const sut = new TrainingFolder(folder, record);
    await sut.write('run.json', utf8ToBytes(`${JSON.stringify(recordJson(record), null, 1)}\n`));
    return sut;
  }

  /** Opens the folder of a training; `TRAINING_FOLDER` where it is none. */
  static async open(folder: string): Promise<Result<TrainingFolder>> {
    let value: unknown;
    try {
      value = JSON.parse(await readFile(join(folder, 'run.json'), 'utf8'));
    } catch (thrown) {
      const message = `${join(folder, 'run.json')} cannot be read: ${messageOf(thrown)}`;
      return err(new CodedError('TRAINING_FOLDER', message, { folder }));
    }
    const record = parseRecord(value);
    return record.ok ? ok(new TrainingFolder(folder, record.value)) : record;
  }

  /** Keeps a point of the training, durably. */
  async keep(progress: RunProgress, state: TrainerState): Promise<void> {
    const lines = journalLines(progress, this.written);
    await this.append(lines);
    this.written = { steps: progress.steps.length, checks: progress.checks.length };
    const kept = await this.keptSteps();
    const { best } = progress;
    // The best one first: a point counts only with it.
    if (!kept.includes(best.check.step)) await this.writeState(best.state);
    await this.writeState(state);
  }

  /** The newest point that is whole; what was done after it is forgotten. Null: there is none, the training begins anew. */
  async takeUp(): Promise<KeptRun | null> {
    const journal = await this.readJournal();
    for (const step of await this.keptSteps()) {
      if (step === 0 || step % this.record.keepEvery !== 0 || step > journal.steps.length) continue;
      const found = await this.pointAt(journalAt(journal, step), step);
      if (found === null) continue;
      await this.rewrite(found.progress);
      return found;
    }
    await this.rewrite({ steps: [], checks: [] });
    return null;
  }

  /** The newest kept state with no more updates behind it; null where none was kept. */
  async stateBefore(step: number): Promise<TrainerState | null> {
    for (const kept of await this.keptSteps()) {
      if (kept > step) continue;
      const state = await this.readState(kept);
      if (state !== null) return state;
    }
    return null;
  }

  private async pointAt(journal: Journal, step: number): Promise<KeptRun | null> {
    const check = bestOf(journal.checks);
    const state = await this.readState(step);
    if (check === null || state?.hash !== journal.steps[step - 1].hash) return null;
    const best = await this.readState(check.step);
    return best === null ? null : { state, progress: { ...journal, best: { check, state: best } } };
  }

  /** Updates behind the kept states, most first. */
  private async keptSteps(): Promise<number[]> {
    const names = await readdir(join(this.folder, 'states')).catch((thrown: unknown) => {
      if (systemCodeOf(thrown) === 'ENOENT') return [];
      throw thrown;
    });
    const steps = names.flatMap((name) => STATE_FILE.exec(name)?.[1] ?? []).map(Number);
    return steps.sort((a, b) => b - a);
  }

  private async readState(step: number): Promise<TrainerState | null> {
    const bytes = await readFile(this.pathOf(step)).catch(() => null);
    const state = bytes === null ? null : decodeState(bytes);
    return state?.step === step ? state : null;
  }

  private async readJournal(): Promise<Journal> {
    return parseJournal(await readFile(join(this.folder, 'journal.jsonl'), 'utf8').catch(() => ''));
  }

  private async rewrite(journal: Journal): Promise<void> {
    await mkdir(join(this.folder, 'states'), { recursive: true });
    await this.write('journal.jsonl', utf8ToBytes(journalLines(journal, { steps: 0, checks: 0 })));
    this.written = { steps: journal.steps.length, checks: journal.checks.length };
  }

  private async append(lines: string): Promise<void> {
    const path = join(this.folder, 'journal.jsonl');
    await appendFile(path, lines);
    const handle = await open(path, 'r+');
    try {
      await handle.datasync();
    } finally {
      await handle.close();
    }
  }

  private writeState(state: TrainerState): Promise<void> {
    return this.write(join('states', `${state.step}.state`), encodeState(state));
  }

  private pathOf(step: number): string {
    return join(this.folder, 'states', `${step}.state`);
  }

  private write(name: string, content: Uint8Array): Promise<void> {
    return writeDurably(join(this.folder, 'states'), [{ target: join(this.folder, name), content }]);
  }
}

/** The first one with the smallest loss, as the run itself chooses it. */
function bestOf(checks: readonly Check[]): Check | null {
  return checks.reduce<Check | null>(
    (best, check) => (best === null || check.loss < best.loss ? check : best),
    null,
  );
}
