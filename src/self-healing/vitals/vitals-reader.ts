import { Injectable } from '@nestjs/common';
import { systemClock } from '../../common/index.js';
import { QueueRegistry } from '../../common/observation/queue-registry.js';
import { LiveFigures, MachineVitals, ReadinessWatch } from '../../monitoring/index.js';
import { CrashWatch } from './crash-watch.js';
import { DamageWatch } from './damage-watch.js';
import { DatabaseWatch } from './database-watch.js';
import { EngineWatch } from './engine-watch.js';
import type { Vitals } from './vitals.js';

const CALLER = 'healing';
/** Every queue has its workers. */
const WORKING = { brokenMs: 0, identifier: '', why: '' };

/** Reads how everything fares, in a few milliseconds while all is well. */
@Injectable()
export class VitalsReader {
  constructor(
    private readonly machine: MachineVitals,
    private readonly readiness: ReadinessWatch,
    private readonly ended: CrashWatch,
    private readonly database: DatabaseWatch,
    private readonly engine: EngineWatch,
    private readonly damage: DamageWatch,
    private readonly figures: LiveFigures,
    private readonly queues: QueueRegistry,
  ) {}

  /** One look. */
  async read(): Promise<Vitals> {
    const { crashes, ...engine } = this.engine.look();
    const [memory, disk, database, damaged] = await Promise.all([
      this.machine.memory(),
      this.machine.disk(),
      this.database.look(),
      this.damage.look(),
    ]);
    const eventLoop = this.machine.eventLoop();
    // What the next look sees began after this one.
    this.machine.resetEventLoop();
    return {
      ...{ at: systemClock.now(), cpu: this.machine.cpu(CALLER), memory, disk, engine, crashes },
      ...{ eventLoop, heap: this.machine.heap(), pool: this.machine.pool(), damaged, caches: this.caches() },
      // Somebody asks all probes every few seconds already; asking them twice would only cost.
      readiness: this.readiness.latest ?? { status: 'ok', detail: 'not looked yet' },
      database: { awayMs: database.awayMs, detail: database.detail },
      log: { waiting: database.waiting, lagMs: database.lagMs },
      ends: this.ended.lastHour(),
      workers: this.workers(),
    };
  }

  private workers(): Vitals['workers'] {
    const { brokenMs, identifier: queue, why: detail } = this.queues.worst() ?? WORKING;
    return { brokenMs, queue, detail };
  }

  /** Nothing is held before the engine has started. */
  private caches(): Vitals['caches'] {
    const bytes = (name: string) => this.figures.one(name) ?? 0;
    return { experts: bytes('expert_cache_bytes'), kv: bytes('kv_cache_bytes') };
  }
}
