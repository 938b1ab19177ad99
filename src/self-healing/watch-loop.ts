import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { messageOf, systemClock } from '../common/index.js';
import { MetricRegistry } from '../common/observation/metric-registry.js';
import { AppConfig } from '../config/index.js';
import { AlertBook, AlertStore, type Alert } from '../monitoring/index.js';
import { HEALING_SOURCE, Healer } from './healer.js';
import { IncidentStore } from './incidents/incident-store.js';
import type { Vitals } from './vitals/vitals.js';
import { VitalsReader } from './vitals/vitals-reader.js';

const LOOKS = 'healing-looks';
const HOUR_MS = 3_600_000;
/** While a server starts, what it needs comes up one after the other, ms. */
const CALM_START_MS = 10_000;

/** Looks every few seconds; a look that still goes on is not joined by another. */
@Injectable()
export class WatchLoop implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('Healing');
  private look: Promise<void> | null = null;
  private startedAt = 0;
  private prepared = false;
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
    await this.look;
    await this.store.flush();
  }

  private begin(): void {
    this.look ??= this.run().finally(() => (this.look = null));
  }

  private async run(): Promise<void> {
    try {
      if (!this.prepared) await this.prepare();
      this.latest = await this.reader.read();
      if (performance.now() - this.startedAt < CALM_START_MS) return this.healer.recall(this.latest);
      this.healer.look(this.latest);
      if (this.latest.database.awayMs > 0) return;
      if (this.store.waiting > 0) void this.store.flush();
      await this.book.flush();
    } catch (thrown) {
      this.logger.warn(`a look failed: ${messageOf(thrown)}`);
    }
  }

  /** What an earlier process left open is closed, and what it tried counts. */
  private async prepare(): Promise<void> {
    await this.store.closeLeftovers();
    const now = systemClock.now();
    const tried = await this.store.triedSince(now - HOUR_MS);
    // what is dated in the future, by a clock that has gone back since, counts as tried just now
    for (const { cause, at } of tried) this.healer.budget.note(cause, Math.max(0, now - at));
    this.healer.takeOver(await this.leftAlerts());
    this.prepared = true;
  }

  /** Open alerts of incidents of this node; other nodes end their own. */
  private async leftAlerts(): Promise<string[]> {
    const incidentOf = ({ evidence }: Alert) =>
      String((evidence as Record<string, unknown> | null)?.incident);
    const open = await this.alerts.openOf(HEALING_SOURCE);
    const own = await this.store.ownOf(open.map(incidentOf));
    return open.filter((alert) => own.has(incidentOf(alert))).map(({ fingerprint }) => fingerprint);
  }
}
