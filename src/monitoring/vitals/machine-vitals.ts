import { statfs } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AppConfig } from '../../config/index.js';
import { CpuMeter, type CpuShare } from './cpu-meter.js';
import { readMemory, type MemoryReading } from './memory-reading.js';

/** Connections of this process to the database. */
export interface PoolReading {
  readonly most: number;
  readonly open: number;
  readonly idle: number;
  /** Callers that wait for a connection. */
  readonly waiting: number;
}

/** Space of the file system that holds the data folder, bytes. */
export interface DiskReading {
  readonly total: number;
  readonly free: number;
  readonly share: number;
}

/** What the pool of node-postgres shows; TypeORM hides its type. */
interface PoolFigures {
  readonly totalCount?: number;
  readonly idleCount?: number;
  readonly waitingCount?: number;
}

/** How finely the event loop is sampled, ms: coarsely, because each sample wakes an idle server. */
const SAMPLE_MS = 1_000;
const NANOSECONDS = 1e6;

/** Reads how machine and process fare; every reading is cheap enough for a look every few seconds. */
@Injectable()
export class MachineVitals implements OnModuleDestroy {
  private readonly loop = monitorEventLoopDelay({ resolution: SAMPLE_MS });
  private readonly meters = new Map<string, CpuMeter>();

  constructor(
    private readonly config: AppConfig,
    private readonly dataSource: DataSource,
  ) {
    this.loop.enable();
  }

  onModuleDestroy(): void {
    this.loop.disable();
  }

  /** Processors since the last look of the same caller. */
  cpu(caller: string): CpuShare {
    const meter = this.meters.get(caller) ?? new CpuMeter();
    this.meters.set(caller, meter);
    return meter.look();
  }

  /** The tightest of the machine and the control groups around this process, if `more` bytes were used besides. */
  memory(more = 0): Promise<MemoryReading> {
    return readMemory(more);
  }

  /** What this process' own JavaScript holds of what V8 lets it: at the limit the process ends, however much the machine has left. */
  heap(): MemoryReading {
    const { heap_size_limit: total, used_heap_size: used } = getHeapStatistics();
    return { total, used, share: used / total };
  }

  /** The file system of `DATA_DIR`. */
  async disk(): Promise<DiskReading> {
    const { blocks, bavail, bsize } = await statfs(this.config.dataDir);
    const total = blocks * bsize;
    const free = bavail * bsize;
    return { total, free, share: total === 0 ? 0 : 1 - free / total };
  }

  /** How late the event loop was, ms, since the last reset: mean and worst, the sampling itself taken away. */
  eventLoop(): { readonly mean: number; readonly worst: number } {
    const late = (value: number) =>
      Math.max(0, (Number.isFinite(value) ? value : 0) / NANOSECONDS - SAMPLE_MS);
    return { mean: late(this.loop.mean), worst: late(this.loop.max) };
  }

  /** Begins to measure the event loop anew. */
  resetEventLoop(): void {
    this.loop.reset();
  }

  pool(): PoolReading {
    const { master } = this.dataSource.driver as { master?: PoolFigures };
    return {
      most: this.config.databasePoolSize,
      open: master?.totalCount ?? 0,
      idle: master?.idleCount ?? 0,
      waiting: master?.waitingCount ?? 0,
    };
  }
}
