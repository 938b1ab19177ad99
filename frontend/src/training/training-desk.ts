import { accessToken } from '../api/access.js';
import { Problem } from '../api/problem.js';
import type {
  HandInWish,
  SignedSubmission,
  TrainerCommand,
  TrainerReport,
  TrainingRequest,
} from './protocol.js';
import { afterReport, NO_TRAINING, type Training } from './training-state.js';

/** What waits for the worker's answer to `sign` or `show`. */
interface Waiting {
  readonly type: 'signed' | 'shown';
  resolve(report: TrainerReport): void;
  reject(problem: Problem): void;
}

/** A training that was signed. */
export interface SignedTraining {
  /** Which one of this tab it is: another may have taken its place when it is handed in. */
  readonly training: number;
  readonly submission: SignedSubmission;
}

/** The training of this tab; it outlives the page, and ends with the tab. One at a time. */
export class TrainingDesk {
  private training = NO_TRAINING;
  private worker: Worker | null = null;
  private begun = 0;
  private waiting: Waiting | null = null;
  private readonly watchers = new Set<() => void>();

  /**
   * @param createWorker `worker.ts`, started
   * @param forgetKept forgets what this browser keeps of a training, under the id that it is kept under
   */
  constructor(
    private readonly createWorker: () => Worker,
    private readonly forgetKept: (keeper: string) => unknown,
  ) {}

  /** The same object until something changes. */
  readonly current = (): Training => this.training;

  /** Told of changes, until the returned function is called. */
  readonly watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  /** Begins a training; an earlier one is forgotten, and kept no longer once this one is. */
  start(request: TrainingRequest): void {
    this.begin(request, { type: 'start', request, token: accessToken() });
  }

  /** Goes on with the training that this browser keeps. */
  takeUp(): void {
    this.begin(null, { type: 'take up', token: accessToken() });
  }

  private begin(request: TrainingRequest | null, command: TrainerCommand): void {
    this.end();
    const worker = this.createWorker();
    this.worker = worker;
    // What an earlier worker had still on the way says nothing about this training.
    const take = (report: TrainerReport): void => {
      if (this.worker === worker) this.take(report);
    };
    worker.addEventListener('message', ({ data }: MessageEvent<TrainerReport>) => take(data));
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      take({
        type: 'refused',
        code: 'TRAINING_CRASHED',
        detail: event.message || 'The worker did not start.',
      });
    });
    this.begun += 1;
    this.change({ ...NO_TRAINING, number: this.begun, phase: 'preparing', request });
    this.send(command);
  }

  /** Holds it before its next update. */
  pause(): void {
    if (this.training.phase !== 'training') return;
    this.send({ type: 'pause' });
    this.change({ ...this.training, phase: 'paused' });
  }

  /** Lets it go on. */
  resume(): void {
    if (this.training.phase !== 'paused') return;
    this.send({ type: 'resume' });
    this.change({ ...this.training, phase: 'training' });
  }

  /** Ends it: with what is best so far once updates are made, with nothing before. */
  stop(): void {
    if (this.training.phase === 'preparing') return this.end();
    this.send({ type: 'stop' });
  }

  /** Forgets the training and what it made, and what is kept of it. */
  forget(): void {
    const { kept } = this.training;
    if (kept !== null) this.forgetKept(kept.keeper);
    this.end();
  }

  private end(): void {
    this.worker?.terminate();
    this.worker = null;
    this.waiting?.reject(new Problem(0, 'TRAINING_OPTIONS', 'The training was forgotten.'));
    this.waiting = null;
    this.change(NO_TRAINING);
  }

  /**
   * Remembers as which submission it was handed in: what is asked of that is answered from here.
   * @param number of the training that was signed; nothing is done where another one has taken its place
   */
  handedIn(number: number, submission: string): void {
    if (number !== this.training.number) return;
    this.change({ ...this.training, submission, judged: false });
  }

  /** Remembers that nothing more will be asked of a submission; of another one than this training's it says nothing. */
  judged(submission: string): void {
    const { kept, ...training } = this.training;
    if (training.submission !== submission || training.judged) return;
    if (kept !== null) this.forgetKept(kept.keeper);
    this.change({ ...training, judged: true, kept: null });
  }

  /** Signs what was trained. Throws a `Problem`. */
  async sign(wish: HandInWish): Promise<SignedTraining> {
    const { number } = this.training;
    const report = await this.ask('signed', { type: 'sign', wish, token: accessToken() });
    if (report.type !== 'signed') throw new Problem(0, 'DASHBOARD', 'The worker answered something else.');
    return { training: number, submission: report.submission };
  }

  /** The opening of some updates of the training that was handed in as this, for whoever audits it. Throws a `Problem`. */
  async show(submission: string, updates: readonly number[]): Promise<Uint8Array<ArrayBuffer>> {
    if (this.training.submission !== submission)
      throw new Problem(0, 'TRAINING_OPTIONS', 'The training that was handed in is no longer here.');
    const report = await this.ask('shown', { type: 'show', updates });
    if (report.type !== 'shown') throw new Problem(0, 'DASHBOARD', 'The worker answered something else.');
    return report.opening;
  }

  private ask(type: Waiting['type'], command: TrainerCommand): Promise<TrainerReport> {
    if (this.worker === null || this.waiting !== null)
      throw new Problem(0, 'TRAINING_OPTIONS', 'There is no training here that could be asked now.');
    return new Promise((resolve, reject) => {
      this.waiting = { type, resolve, reject };
      this.send(command);
    });
  }

  private take(report: TrainerReport): void {
    this.settle(report);
    if (report.type === 'refused') {
      this.worker?.terminate();
      this.worker = null;
    }
    this.change(afterReport(this.training, report));
  }

  /** Hands the worker's answer to whoever waits for it. */
  private settle(report: TrainerReport): void {
    const { waiting } = this;
    if (waiting === null) return;
    if (report.type === waiting.type) waiting.resolve(report);
    else if (report.type === 'not done' || report.type === 'refused')
      waiting.reject(new Problem(0, report.code, report.detail));
    else return;
    this.waiting = null;
  }

  private send(command: TrainerCommand): void {
    this.worker?.postMessage(command);
  }

  private change(training: Training): void {
    this.training = training;
    for (const watcher of this.watchers) watcher();
  }
}
