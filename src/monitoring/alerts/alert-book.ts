import { randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CodedError, err, EventBus, ok, systemClock, type Json, type Result } from '../../common/index.js';
import { cannotBeWritten, JoinedWrites, Transactions } from '../../database/index.js';
import { RecordTrail } from '../records/record-trail.js';
import { isWorse, noticeOf, seenByOf, type Alert, type Severity, type Trouble } from './alert.js';
import { AlertStore } from './alert-store.js';
import { AlertTuning } from './alert-tuning.js';
import { quietNeeded } from './damping.js';
import { OpenAlerts } from './open-alerts.js';
import { mayEnd, type Viewer } from './viewer.js';

/** Troubles that are remembered while nothing can be written down; more are dropped, the oldest first. */
const MOST_WAITING = 100;
const ACTOR = 'server';

/** What people and other modules are told of an alert. */
type Change = 'alert.raised' | 'alert.changed';

/** Trouble that could not be written down yet. */
interface WaitingTrouble {
  readonly id: string;
  readonly trouble: Trouble;
  /** How urgent it was when somebody was told of it; null where nobody was, as while it is silenced. */
  readonly told: Severity | null;
  /** Whether its source says that it is over. */
  readonly over: boolean;
}

/**
 * Every alert of the server. The same trouble is one alert however often it is seen; raising, acknowledging and resolving is one
 * transaction with its leaf of the log and what other modules join, and is told of afterwards. While the database is away troubles are told of at once.
 */
@Injectable()
export class AlertBook {
  private readonly logger = new Logger('Alerts');
  private readonly waiting = new Map<string, WaitingTrouble>();
  private readonly open = new OpenAlerts();

  constructor(
    private readonly store: AlertStore,
    private readonly tuning: AlertTuning,
    private readonly transactions: Transactions,
    private readonly trail: RecordTrail,
    private readonly events: EventBus,
    private readonly joined: JoinedWrites,
  ) {}

  /** Says that trouble is seen. Never rejects because the database is away or a disk is full. @returns the alert's id */
  raise(seen: Trouble): Promise<string> {
    return this.put(this.tuning.tuned(seen), false);
  }

  private async put(trouble: Trouble, over: boolean): Promise<string> {
    const known = this.waiting.get(trouble.fingerprint);
    const told = known?.told ?? null;
    const id = known?.id ?? this.open.idOf(trouble.fingerprint) ?? newId();
    try {
      const { alert, change } = await this.transactions.run(async (manager) => {
        const written = await this.write(manager, id, trouble);
        await this.join(manager, written.alert, written.change);
        // Under the id that people were told of it is over: it goes on under the one that it has.
        const merged = { ...written.alert, id, state: 'resolved' } as const;
        if (told !== null && written.alert.id !== id) await this.join(manager, merged, 'alert.changed');
        return written;
      });
      // What was seen meanwhile, and could not be written down, is written down by itself.
      if (this.waiting.get(trouble.fingerprint) === known) this.waiting.delete(trouble.fingerprint);
      this.open.note(alert);
      this.trail.committed();
      // What was told of while the database was away is not told again, unless it got worse.
      if (change !== null && isWorse(alert.severity, told)) this.tell(alert, change);
      if (told !== null) this.events.emit('alert.written', { alert: id });
      return alert.id;
    } catch (thrown) {
      if (!cannotBeWritten(thrown)) throw thrown;
      return this.remember(id, trouble, over);
    }
  }

  /** Whether trouble was seen that is not written down yet. */
  isWaiting(fingerprint: string): boolean {
    return this.waiting.has(fingerprint);
  }

  /** Writes down what could not be written while the database was away, and tells of what is silenced no more. */
  async flush(): Promise<void> {
    // What was cleared, or seen anew, while others were written down is not raised as it was.
    for (const entry of [...this.waiting.values()])
      if (this.waiting.get(entry.trouble.fingerprint) === entry) await this.writeDown(entry);
    await this.lookAround();
    const now = systemClock.now();
    if (!this.tuning.maySpeak(now)) return;
    // Before looking: what changes meanwhile is looked at the next time.
    this.tuning.looked(now);
    try {
      for (const alert of await this.store.untold()) if (!this.isSilent(alert)) await this.note(alert, false);
    } catch (thrown) {
      this.tuning.missed();
      throw thrown;
    }
  }

  /** Takes back that somebody was told, where an alert fires and is silenced now: whoever was called need not come. */
  async hush(fingerprint: string): Promise<void> {
    for (const alert of await this.store.openLike(fingerprint))
      if (this.isSilent(alert)) await this.note(alert, true);
  }

  /** Says what a source sees on a server now: its other lasting alerts there become quiet, and are resolved after long enough. */
  async settle(source: string, viewer: Viewer, troubles: readonly Trouble[]): Promise<void> {
    for (const trouble of troubles) await this.raise(trouble);
    const seen = new Set(troubles.map(({ fingerprint }) => fingerprint));
    for (const alert of await this.store.openOf(source))
      if (!seen.has(alert.fingerprint) && mayEnd(alert, viewer, systemClock.now())) await this.calm(alert);
  }

  /**
   * Says that the trouble of a fingerprint is not seen any more; what somebody was told of is written down nevertheless.
   * @returns whether it has no open alert now: one that has returned is to be quiet for a while first, so say it again
   */
  async clear(fingerprint: string): Promise<boolean> {
    const waiting = this.waiting.get(fingerprint);
    if (waiting !== undefined && waiting.told !== null) {
      this.waiting.set(fingerprint, { ...waiting, over: true });
      await this.put(waiting.trouble, true);
    } else this.waiting.delete(fingerprint);
    const alert = await this.store.open(fingerprint);
    return (alert === null || (await this.calm(alert))) && !this.isWaiting(fingerprint);
  }

  /**
   * Notes that somebody knows. An alert that nobody watches any more is resolved by it. `ALERT_NOT_FOUND` (404),
   * `ALERT_RESOLVED` (409); acknowledging twice changes nothing.
   */
  async acknowledge(id: string, by: string, reason: string): Promise<Result<Alert>> {
    const found = await this.store.one(id);
    if (found === null) return err(notFound(id));
    const result = await this.transactions.run(async (manager): Promise<Result<Alert>> => {
      await this.store.hold(manager, found.fingerprint);
      const alert = (await this.store.one(id, manager)) ?? found;
      if (alert.state === 'acknowledged') return ok(alert);
      if (alert.state === 'resolved') return err(alreadyResolved(id));
      const now = systemClock.now();
      await this.store.acknowledge(manager, { id, by, reason, now });
      await this.record(manager, { ...alert, state: 'acknowledged' }, by);
      if (!alert.lasting) {
        await this.store.resolve(manager, id, now);
        await this.record(manager, { ...alert, state: 'resolved' }, by);
      }
      const known = (await this.store.one(id, manager)) ?? alert;
      await this.join(manager, known, 'alert.changed');
      return ok(known);
    });
    this.trail.committed();
    if (result.ok) this.tell(result.value, 'alert.changed');
    return result;
  }

  /** Which alerts are open: other replicas write some, too. While that cannot be read, what was known last is all there is. */
  private async lookAround(): Promise<void> {
    try {
      await this.open.refresh((limit) => this.store.allOpen(limit));
    } catch (thrown) {
      if (!cannotBeWritten(thrown)) throw thrown;
    }
  }

  private async writeDown({ trouble, over }: WaitingTrouble): Promise<void> {
    await this.put(this.tuning.tuned(trouble), over);
    if (over && !this.isWaiting(trouble.fingerprint)) await this.clear(trouble.fingerprint);
  }

  private async write(
    manager: EntityManager,
    id: string,
    trouble: Trouble,
  ): Promise<{ alert: Alert; change: Change | null }> {
    const now = systemClock.now();
    await this.store.hold(manager, trouble.fingerprint);
    const open = await this.store.open(trouble.fingerprint, manager);
    const silent = this.isSilent(trouble);
    if (open === null) {
      const returns = await this.store.returns(manager, trouble.fingerprint, now);
      // The alert that has the id may be over by now, by another replica.
      const free = (await this.store.one(id, manager)) === null ? id : newId();
      const alert = await this.store.insert(manager, { id: free, trouble, returns, untold: silent, now });
      await this.record(manager, alert, ACTOR);
      return { alert, change: silent ? 'alert.changed' : 'alert.raised' };
    }
    const worse = isWorse(trouble.severity, open.severity);
    const owed = worse || open.untold;
    const alert = await this.store.seen(manager, { id: open.id, trouble, untold: silent && owed, now });
    if (worse) await this.record(manager, alert, ACTOR);
    if (owed && !silent) return { alert, change: 'alert.raised' };
    return { alert, change: trouble.severity === open.severity ? null : 'alert.changed' };
  }

  private isSilent({ fingerprint }: Pick<Trouble, 'fingerprint'>): boolean {
    return this.tuning.silencedUntil(fingerprint, systemClock.now()) !== null;
  }

  private async note({ id, fingerprint }: Alert, untold: boolean): Promise<void> {
    const change = untold ? 'alert.changed' : 'alert.raised';
    const alert = await this.transactions.run(async (manager) => {
      await this.store.hold(manager, fingerprint);
      const noted = await this.store.note(manager, id, untold);
      if (noted !== null) await this.join(manager, noted, change);
      return noted;
    });
    if (alert !== null) this.tell(alert, change);
  }

  private async calm({ id, fingerprint }: Alert): Promise<boolean> {
    const resolved = await this.transactions.run(async (manager): Promise<Alert | boolean> => {
      await this.store.hold(manager, fingerprint);
      const alert = await this.store.one(id, manager);
      if (alert === null || alert.state === 'resolved') return true;
      const now = systemClock.now();
      if (now - (alert.quietSince ?? now) < quietNeeded(alert.returns)) {
        await this.store.quiet(manager, id, now);
        return false;
      }
      await this.store.resolve(manager, id, now);
      const ended: Alert = { ...alert, state: 'resolved', resolvedAt: now };
      await this.record(manager, ended, ACTOR);
      await this.join(manager, ended, 'alert.changed');
      return ended;
    });
    if (typeof resolved === 'boolean') return resolved;
    this.trail.committed();
    this.tell(resolved, 'alert.changed');
    return true;
  }

  /** What other modules write in the same transaction. */
  private async join(manager: EntityManager, alert: Alert, change: Change | null): Promise<void> {
    if (change !== null) await this.joined.write(manager, change, noticeOf(alert));
  }

  private record(manager: EntityManager, alert: Alert, actor: string): Promise<void> {
    const { id: subject, state, severity, fingerprint: about, evidence } = alert;
    const facts = {
      kind: 'alert',
      subject,
      state,
      severity,
      about,
      actor,
      evidence: evidence as Json,
    } as const;
    return this.trail.append(manager, facts);
  }

  /** @returns the id that people know it by, where the same trouble is seen twice at a time: that of the first */
  private remember(unused: string, trouble: Trouble, over: boolean): string {
    const known = this.waiting.get(trouble.fingerprint);
    const id = known?.id ?? unused;
    // Seen anew while it was being written down as over.
    if (over && known?.over === false) return id;
    if (this.waiting.size >= MOST_WAITING && known === undefined)
      for (const oldest of [...this.waiting.keys()].slice(0, 1)) this.waiting.delete(oldest);
    const { fingerprint, severity, source, summary } = trouble;
    const told = known?.told ?? null;
    // Who was called before the database went away is not called again, as little as while it is there.
    const worse = isWorse(severity, told) && isWorse(severity, this.open.toldOf(fingerprint));
    const speak = worse && !this.isSilent(trouble);
    this.waiting.set(fingerprint, { id, trouble, told: speak ? severity : told, over });
    if (!speak) return id;
    this.logger.warn(`${summary} (to be written down when that is possible)`);
    const facts = { fingerprint, severity, source, summary, state: 'firing', unwritten: true } as const;
    this.events.emit('alert.raised', { alert: id, ...facts, ...seenByOf(trouble) });
    return id;
  }

  /** Tells of what was committed. */
  private tell(alert: Alert, event: Change): void {
    this.open.note(alert);
    const notice = noticeOf(alert);
    const line = `${notice.state} ${alert.severity} ${alert.fingerprint}: ${alert.summary}`;
    if (event === 'alert.raised' && alert.severity === 'critical') this.logger.error(line);
    else if (event === 'alert.raised') this.logger.warn(line);
    else this.logger.log(line);
    this.events.emit(event, notice);
  }
}

function newId(): string {
  return `alert_${randomUUID().replaceAll('-', '')}`;
}

function notFound(id: string): CodedError {
  return new CodedError('ALERT_NOT_FOUND', `There is no alert ${id}.`, { alert: id }, 404);
}

function alreadyResolved(id: string): CodedError {
  return new CodedError('ALERT_RESOLVED', 'The alert is resolved already.', { alert: id }, 409);
}
