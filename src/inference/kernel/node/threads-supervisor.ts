import { setTimeout as delay } from 'node:timers/promises';
import { CodedError, ok, type Result } from '../../../common/index.js';
import type { EngineModel } from '../block-source.js';
import type { GenerateEvent, Work } from '../requests.js';
import type { BlockFailure, Reply } from './protocol.js';
import { Submission } from './submission.js';
import { lostToCrash, ThreadGroup, type LeaderCall, type StartThreads } from './thread-group.js';

const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 10_000;
/** A life of this length counts as healthy: the next restart is quick again. */
const HEALTHY_MS = 60_000;

/** Keeps the engine's threads alive: when one dies, all are started anew, with the models they had and what had not begun. */
export class ThreadsSupervisor {
  private readonly blockFailed = new Set<(failure: BlockFailure) => void>();
  private readonly crashed = new Set<(detail: string) => void>();
  private readonly models = new Map<string, EngineModel>();
  /** Releases that could not be loaded again after a crash; tried once more when they are asked for. */
  private readonly lost = new Set<string>();
  private group: Promise<ThreadGroup>;
  private backoff = FIRST_BACKOFF_MS;
  private stopped = false;

  constructor(private readonly startThreads: StartThreads) {
    this.group = Promise.resolve(this.createGroup());
  }

  /** Asks the leader; a crash settles it with `ENGINE_RESTARTED`. */
  async call<T extends Reply>(message: LeaderCall): Promise<Result<T>> {
    const group = await this.group;
    return (await group.call(message).done) as Result<T>;
  }

  /** Loads a model, here and after every crash. A crash meanwhile is lived through, a second one refused. */
  async load(model: EngineModel): Promise<Result<void>> {
    const first = await this.call<null>({ type: 'load', model });
    const loaded = lostToCrash(first) ? await this.call<null>({ type: 'load', model }) : first;
    if (!loaded.ok) return loaded;
    this.models.set(model.release, model);
    this.lost.delete(model.release);
    return ok();
  }

  /** Forgets a model. */
  async unload(release: string): Promise<void> {
    this.models.delete(release);
    this.lost.delete(release);
    await this.call<null>({ type: 'unload', release });
  }

  /** Submits work, to the next threads, too, where these die before they begin with it. */
  submit(work: Work, on: (event: GenerateEvent) => void): Submission {
    return new Submission(work, on, {
      group: () => this.group,
      recover: (group, release) => (this.lost.has(release) ? this.recover(group, release) : null),
    });
  }

  /** A block turned out to be missing or corrupt. */
  onBlockFailed(handler: (failure: BlockFailure) => void): void {
    this.blockFailed.add(handler);
  }

  /** A thread died. */
  onCrashed(handler: (detail: string) => void): void {
    this.crashed.add(handler);
  }

  /** Ends all threads; what runs is refused with `ENGINE_STOPPED`. */
  async stop(): Promise<void> {
    this.stopped = true;
    const group = await this.group;
    await group.end(engineStopped());
  }

  /** Ends one thread as if it had died. */
  async endThread(thread: number): Promise<void> {
    await (await this.group).endThread(thread);
  }

  /** Tries once more to load a model that a crash has lost. */
  private async recover(group: ThreadGroup, release: string): Promise<Result<Reply>> {
    const model = this.models.get(release);
    if (!model) return ok(null);
    const loaded = await group.call({ type: 'load', model }).done;
    if (loaded.ok) this.lost.delete(release);
    return loaded;
  }

  private createGroup(): ThreadGroup {
    const started = performance.now();
    return new ThreadGroup(
      this.startThreads,
      (failure) => this.blockFailed.forEach((handler) => handler(failure)),
      (detail) => {
        if (performance.now() - started > HEALTHY_MS) this.backoff = FIRST_BACKOFF_MS;
        this.crashed.forEach((handler) => handler(detail));
        if (!this.stopped) this.group = this.restart();
      },
    );
  }

  private async restart(): Promise<ThreadGroup> {
    await delay(this.backoff);
    this.backoff = Math.min(this.backoff * 2, LONGEST_BACKOFF_MS);
    const group = this.createGroup();
    for (const model of this.models.values()) {
      const loaded = await group.call({ type: 'load', model }).done;
      if (!loaded.ok) this.lost.add(model.release);
    }
    return group;
  }
}

function engineStopped(): CodedError {
  return new CodedError('ENGINE_STOPPED', 'the engine has been stopped', {}, 503);
}
