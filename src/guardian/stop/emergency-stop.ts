import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { AutonomyGate, type AutonomyState } from '../../common/autonomy/autonomy-gate.js';
import { EventBus, messageOf, systemClock } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { isDatabaseUnavailable, Transactions } from '../../database/index.js';
import { ServingPlan } from '../../inference/index.js';
import { LogAppender } from '../../log/index.js';
import { guardianRecord } from '../audit/guardian-record.js';
import { GuardianTrail } from '../audit/guardian-trail.js';
import { SharedSettings } from '../shared/shared-settings.js';
import { stopStateOf, type StopState } from './autonomy-state.js';
import { reasonIn, StopFile, writeStopFile } from './stop-file.js';

const SETTING = 'autonomy';
/** Who stopped it where only a file says so. */
const FILE_ACTOR = 'signal file';
/** How long until a stop that could not be written down is tried to be told again, ms. */
const TELL_AGAIN_MS = 1_000;
/** How often the log says that it still cannot be, ms. */
const WARN_MS = 60_000;

/** A stop as this process was told of it. `id` and `at` are those of its record, however often it is tried to be written. */
interface OwnStop extends StopState {
  readonly id: string;
  readonly at: number;
}

/**
 * The emergency stop. It closes the gate in this process at once and in every other by a shared setting; the signal file
 * closes the gate of its own process without a database, and then tells the others. A stop that cannot be written down holds
 * here, lies in the signal file meanwhile, and is told as soon as it can be. Only a guardian opens the gate again.
 */
@Injectable()
export class EmergencyStop implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Guardian');
  private readonly file: StopFile;
  private shared: StopState = stopStateOf(undefined);
  /** What this process was told and the shared setting may not say yet. */
  private told: OwnStop | null = null;
  /** A stop that this process was told, while it is not known to be written down: `told`, or null. */
  private untold: OwnStop | null = null;
  /** What the signal file says where it was written here, for the next process to tell. */
  private left: string | null = null;
  private telling: Promise<void> | null = null;
  private readonly ending = new AbortController();
  private announced = '';
  private keeping: Promise<void> = Promise.resolve();

  constructor(
    private readonly config: AppConfig,
    private readonly gate: AutonomyGate,
    private readonly serving: ServingPlan,
    private readonly settings: SharedSettings,
    private readonly transactions: Transactions,
    private readonly trail: GuardianTrail,
    private readonly log: LogAppender,
    private readonly events: EventBus,
  ) {
    this.file = new StopFile(config.dataDir, (reason) => this.fileChanged(reason));
    this.gate.guardBy(() => this.gateState());
  }

  async onModuleInit(): Promise<void> {
    this.settings.watch(SETTING, (value) => {
      this.shared = stopStateOf(value);
      // A stop that the others do not know of yet holds here, whatever they know instead.
      if (this.untold === null) this.told = null;
      this.announce();
    });
    await this.file.start();
  }

  async onModuleDestroy(): Promise<void> {
    this.ending.abort();
    await this.file.stop();
    await this.telling;
    await this.keeping;
    await this.leave();
  }

  /** How things stand in this process. */
  get state(): StopState {
    const { shared, file } = this;
    const { stopped, inference, by, reason, at } = this.told ?? shared;
    if (!stopped && file.reason !== null)
      return { stopped: true, inference, by: FILE_ACTOR, reason: file.reason, at: null };
    // A stop of answers is not undone by one of actions only, whichever of them came last.
    return { stopped, inference: inference || (stopped && holdsAnswers(shared)), by, reason, at };
  }

  /** Stops all automatic action, and with `inference` answers, too. Doing it again only changes the reason. */
  async stop(by: string, reason: string, inference: boolean): Promise<StopState> {
    // The gate of this process closes before anything is awaited.
    const now = {
      ...{ stopped: true, inference: inference || this.state.inference, by, reason },
      ...{ id: randomUUID(), at: systemClock.now() },
    };
    this.told = this.untold = now;
    this.announce();
    try {
      await this.inTurn(() => this.record(now));
    } catch (thrown) {
      this.logger.error(
        `the stop by ${by} holds here, but the other replicas are told only when it can be recorded: ${messageOf(thrown)}`,
      );
      this.telling ??= this.tell().finally(() => (this.telling = null));
      throw thrown;
    }
    return this.state;
  }

  /** Lets automatic action and answers go on. */
  async resume(by: string, reason: string): Promise<StopState> {
    const { told } = this;
    await this.inTurn(async () => {
      await this.file.remove();
      this.left = null;
      try {
        await this.writeResumed(by, reason);
      } catch (thrown) {
        await this.leave();
        throw thrown;
      }
      if (this.untold === told) this.untold = null;
      await this.settings.refresh();
    });
    // A stop that came meanwhile is not what was resumed.
    if (this.told === told) this.told = null;
    this.announce();
    return this.state;
  }

  /** In the order they were asked for: a stop that is still being written must not undo a later resume. */
  private inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.keeping.then(work);
    this.keeping = done.catch(() => undefined);
    return done;
  }

  /** Writes a stop down; what was lost with its connection is looked for once more, because it may be written. */
  private async record(stop: OwnStop): Promise<void> {
    try {
      await this.write(stop);
    } catch (thrown) {
      await this.leave();
      if (!isDatabaseUnavailable(thrown)) throw thrown;
      await this.write(stop);
    }
  }

  /** Tries to write down the stop that the others do not know of, until it is, somebody resumed here, or the process ends. */
  private async tell(): Promise<void> {
    let warned = performance.now();
    for (;;) {
      const goesOn = delay(TELL_AGAIN_MS, true, { signal: this.ending.signal }).catch(() => false);
      const stop = (await goesOn) ? this.untold : null;
      if (stop === null) return;
      await this.inTurn(() => this.tellOf(stop)).catch((thrown: unknown) => {
        if (performance.now() - warned < WARN_MS) return;
        warned = performance.now();
        this.logger.warn(
          `the other replicas still do not know of the stop by ${stop.by}: ${messageOf(thrown)}`,
        );
      });
    }
  }

  private async tellOf(stop: OwnStop): Promise<void> {
    // Another one, or a resume, may have come while this one waited for its turn.
    if (this.untold !== stop) return;
    const wrote = await this.write(stop);
    this.logger.log(
      wrote
        ? `the stop by ${stop.by} was recorded, and the other replicas were told`
        : `the stop by ${stop.by} was recorded before; only the answer was lost`,
    );
  }

  /**
   * Leaves a stop that is not told as the signal file, however this process ends: the next one tells. A file that somebody else
   * put there stops as well, and stays.
   */
  private async leave(): Promise<void> {
    const { untold, file } = this;
    if (untold === null || (file.reason !== null && file.reason !== this.left)) return;
    const text = `${untold.by}: ${untold.reason}`;
    try {
      this.left = reasonIn(text);
      await writeStopFile(this.config.dataDir, text);
      await file.look();
    } catch (thrown) {
      this.logger.error(
        `the stop by ${untold.by} could neither be recorded nor left as a file: ${messageOf(thrown)}`,
      );
    }
  }

  /** Takes that file away once its stop is told; one that somebody has changed stays. */
  private async takeBack(): Promise<void> {
    const { left, file } = this;
    if (left === null) return;
    try {
      await file.look();
      if (file.reason === left) await file.remove();
      this.left = null;
    } catch (thrown) {
      this.logger.error(
        `the signal file of a stop that is recorded could not be removed: ${messageOf(thrown)}`,
      );
    }
  }

  /** Writes a stop down once, and knows afterwards what all replicas do. @returns false where it was written before */
  private async write(stop: OwnStop): Promise<boolean> {
    const { by: actor, reason, inference, id, at } = stop;
    const wrote = await this.transactions.run(async (manager) => {
      const before = stopStateOf(await this.settings.hold(manager, SETTING));
      const record = guardianRecord({
        event: 'autonomy.stopped',
        actor,
        reason,
        facts: { inference },
        id,
        at,
      });
      if (!(await this.trail.appendOnce(manager, record))) return false;
      // What another replica stopped while this one was cut off stays stopped.
      const state = { stopped: true, inference: inference || holdsAnswers(before), by: actor, reason, at };
      await this.settings.put(manager, SETTING, state, actor);
      return true;
    });
    this.log.committed();
    const read = await this.settings.refresh();
    // Somebody may have resumed it in between: what is read after the write counts.
    if (this.untold === stop && (wrote || read)) this.untold = null;
    if (this.told === stop && read) this.told = null;
    this.announce();
    if (!wrote && !read) throw new Error('the shared settings could not be read');
    await this.takeBack();
    return wrote;
  }

  private async writeResumed(by: string, reason: string): Promise<void> {
    const now = { stopped: false, inference: false, by, reason, at: systemClock.now() };
    await this.transactions.run(async (manager) => {
      await this.settings.hold(manager, SETTING);
      await this.settings.put(manager, SETTING, now, by);
      await this.trail.append(manager, {
        ...{ event: 'autonomy.resumed', actor: by, reason, facts: { inference: false } },
      });
    });
    this.log.committed();
  }

  private gateState(): AutonomyState {
    const { stopped, by, reason } = this.state;
    return stopped
      ? { allowed: false, reason: `stopped by ${by}: ${reason}` }
      : { allowed: true, reason: '' };
  }

  private fileChanged(reason: string | null): void {
    this.announce();
    // What was left here for the next process is being told already.
    if (reason === null || reason === this.left || this.shared.stopped) return;
    // Nobody waits for it: where it cannot be written down it says so, and tries again.
    this.stop(FILE_ACTOR, reason, false).catch(() => undefined);
  }

  private announce(): void {
    const { stopped, inference, by, reason } = this.state;
    this.serving.close(inference ? `stopped by ${by}: ${reason}` : null);
    const words = JSON.stringify([stopped, inference, by, reason]);
    if (words === this.announced) return;
    const first = this.announced === '';
    this.announced = words;
    if (first && !stopped) return;
    if (stopped) this.logger.warn(`automatic action is stopped by ${by}: ${reason}`);
    else this.logger.log(`automatic action goes on: ${by}: ${reason}`);
    this.events.emit('autonomy.changed', { stopped, by, reason });
  }
}

/** Whether a stop holds answers, too. */
function holdsAnswers({ stopped, inference }: StopState): boolean {
  return stopped && inference;
}
