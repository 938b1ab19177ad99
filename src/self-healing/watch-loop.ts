import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { messageOf, systemClock } from '../common/index.js';
import { MetricRegistry } from '../common/observation/metric-registry.js';
import { AppConfig, Instance, instanceOf } from '../config/index.js';
import { AlertBook, AlertStore, GONE_MS, isAbandoned, RENEW_MS, type Alert } from '../monitoring/index.js';
import { HEALING_SOURCE, Healer } from './healer.js';
import { IncidentStore } from './incidents/incident-store.js';
import { LeftRestarts } from './incidents/left-restarts.js';
import type { Vitals } from './vitals/vitals.js';
import { VitalsReader } from './vitals/vitals-reader.js';

const LOOKS = 'healing-looks';
const HOUR_MS = 3_600_000;
/** While a server starts, what it needs comes up one after the other, ms. */
const CALM_START_MS = 10_000;

/**
 * Looks every few seconds; a look that still goes on is not joined by another. What an earlier process left is taken over beside the
 * looks, and again until it succeeds: the very trouble that must be healed (a full disk, a database that is away) may keep it from that.
 */
@Injectable()
export class WatchLoop implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('Healing');
  private look: Promise<void> | null = null;
  private preparing: Promise<void> | null = null;
  /** Why nothing could be taken over the last time. */
  private hindrance = '';
  private startedAt = 0;
  private prepared = false;
  private tidiedAt = 0;
  /** What the last look saw; null before the first. */
  latest: Vitals | null = null;

  constructor(
    private readonly config: AppConfig,
    private readonly scheduler: SchedulerRegistry,
    private readonly reader: VitalsReader,
    private readonly healer: Healer,
    private readonly store: IncidentStore,
    private readonly book: AlertBook,
    private readonly alerts: AlertStore,
    private readonly instance: Instance,
    private readonly restarts: LeftRestarts,
    metrics: MetricRegistry,
  ) {
    metrics.gauge({ name: 'stemma_incidents_open', help: 'Incidents that have not ended.' }, (gauge) =>
      gauge.set(healer.open.length),
    );
    metrics.gauge(
      { name: 'stemma_healing_records_waiting', help: 'Incidents and attempts that wait for the database.' },
      (gauge) => gauge.set(store.waiting),
    );
  }

  onApplicationBootstrap(): void {
    if (this.config.healing === 'off') return;
    this.startedAt = performance.now();
    const tick = () => void this.begin();
    this.scheduler.addInterval(LOOKS, setInterval(tick, this.config.healingSeconds * 1000));
    // A server that ends again and again may not live to see the next one.
    tick();
  }

  async onModuleDestroy(): Promise<void> {
    if (this.scheduler.doesExist('interval', LOOKS)) this.scheduler.deleteInterval(LOOKS);
    await Promise.all([this.look, this.preparing]);
    await this.store.flush();
  }

  private begin(): void {
    if (!this.prepared) this.preparing ??= this.tryToPrepare().finally(() => (this.preparing = null));
    this.look ??= this.run().finally(() => (this.look = null));
  }

  private async run(): Promise<void> {
    try {
      this.latest = await this.reader.read();
      if (performance.now() - this.startedAt < CALM_START_MS) return this.healer.recall(this.latest);
      this.healer.look(this.latest);
      if (this.latest.database.awayMs > 0) return;
      if (this.store.waiting > 0) void this.store.flush();
      await this.book.flush();
      if (this.prepared && performance.now() - this.tidiedAt > RENEW_MS) await this.tidyUp();
    } catch (thrown) {
      this.logger.warn(`a look failed: ${messageOf(thrown)}`);
    }
  }

  /** Says once what hinders it, however often that is. */
  private async tryToPrepare(): Promise<void> {
    try {
      await this.prepare();
      this.prepared = true;
    } catch (thrown) {
      const why = messageOf(thrown);
      if (why !== this.hindrance)
        this.logger.warn(`what an earlier process left is taken over later: ${why}`);
      this.hindrance = why;
    }
  }

  /**
   * What an earlier process left open is closed, but for what it ended by, and what it tried counts: at the end, so that a repetition
   * counts nothing twice.
   */
  private async prepare(): Promise<void> {
    const restarts = await this.restarts.unsettled();
    this.withdraw(await this.store.closeLeftovers(restarts.map(({ incident }) => incident.id)));
    const now = systemClock.now();
    const tried = await this.store.triedSince(now - HOUR_MS);
    const left = await this.leftAlerts();
    await this.tidyUp();
    // what is dated in the future, by a clock that has gone back since, counts as tried just now
    for (const { cause, at } of tried) this.healer.budget.note(cause, Math.max(0, now - at));
    this.healer.resume(restarts);
    this.healer.takeOver(left);
  }

  /** Open alerts of incidents of this server; other servers end their own. */
  private async leftAlerts(): Promise<string[]> {
    const open = await this.alerts.openOf(HEALING_SOURCE);
    const own = await this.store.ownOf(open.map(incidentOf));
    // A call may have been written down though its incident never was.
    const isOwn = (alert: Alert) =>
      own.has(incidentOf(alert)) || instanceOf(alert.fingerprint) === this.instance.id;
    return open.filter(isOwn).map(({ fingerprint }) => fingerprint);
  }

  /** Beside the looks: every question takes its time, and there may be many. */
  private withdraw(decisions: readonly string[]): void {
    void this.healer
      .withdraw(decisions)
      .catch((thrown: unknown) => this.logger.warn(`questions were not taken back: ${messageOf(thrown)}`));
  }

  /**
   * What servers have left that are gone for good is ended by those that are there. An alert that has to be quiet first is looked at
   * anew the next time: its server may be back by then.
   */
  private async tidyUp(): Promise<void> {
    this.tidiedAt = performance.now();
    this.withdraw(await this.store.closeAbandoned(GONE_MS));
    const [open, now] = [await this.alerts.openOf(HEALING_SOURCE), systemClock.now()];
    const viewer = { instance: this.instance.id, goneMs: GONE_MS };
    for (const alert of open) if (isAbandoned(alert, viewer, now)) await this.book.clear(alert.fingerprint);
  }
}

function incidentOf({ evidence }: Alert): string {
  return String((evidence as Record<string, unknown> | null)?.incident);
}
