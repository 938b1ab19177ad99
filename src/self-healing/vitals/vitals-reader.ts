import { Injectable } from '@nestjs/common';
import { systemClock } from '../../common/index.js';
import { HealthRegistry, inTime, MachineVitals } from '../../monitoring/index.js';
import { DamageWatch } from './damage-watch.js';
import { DatabaseWatch } from './database-watch.js';
import { EngineWatch } from './engine-watch.js';
import type { Vitals } from './vitals.js';

/** Longest time the probes behind `/ready` are waited for; each has a deadline of its own, ms. */
const PROBES_MS = 4_000;
const CALLER = 'healing';

/** Reads how everything fares, in a few milliseconds while all is well. */
@Injectable()
export class VitalsReader {
  constructor(
    private readonly machine: MachineVitals,
    private readonly health: HealthRegistry,
    private readonly database: DatabaseWatch,
    private readonly engine: EngineWatch,
    private readonly damage: DamageWatch,
  ) {}

  /** One look. */
  async read(): Promise<Vitals> {
    const { crashes, ...engine } = this.engine.look();
    const [memory, disk, database, damaged, readiness] = await Promise.all([
      this.machine.memory(),
      this.machine.disk(),
      this.database.look(),
      this.damage.look(),
      this.readiness(),
    ]);
    return {
      ...{ at: systemClock.now(), cpu: this.machine.cpu(CALLER), memory, disk, engine, crashes },
      ...{ eventLoop: this.machine.eventLoop(), pool: this.machine.pool(), damaged, readiness },
      database: { awayMs: database.awayMs, detail: database.detail },
      log: { waiting: database.waiting, lagMs: database.lagMs },
    };
  }

  private async readiness(): Promise<Vitals['readiness']> {
    const found = await inTime(this.health.check(), PROBES_MS, null);
    if (found === null) return { status: 'failed', detail: 'the probes do not answer' };
    const troubles = Object.entries(found.probes).filter(([, report]) => report.status !== 'ok');
    const detail = troubles.map(([name, report]) => `${name}: ${report.detail}`).join('; ');
    return { status: found.status, detail };
  }
}
