import { cpus } from 'node:os';

/** How busy the machine and this process were between two looks; 1 is all processors. */
export interface CpuShare {
  readonly machine: number;
  readonly process: number;
}

interface Reading {
  readonly busy: number;
  readonly total: number;
  readonly own: number;
  readonly at: number;
  readonly processors: number;
}

/** The least time between two readings that says anything, ms. */
const LEAST_MS = 200;

/** Measures the processors from look to look; the first look has nothing to compare with and says 0. */
export class CpuMeter {
  private last: Reading | null = null;
  private latest: CpuShare = { machine: 0, process: 0 };

  /** The shares since the look before. Looks that follow too closely repeat the last answer. */
  look(): CpuShare {
    const now = read();
    const before = this.last;
    if (before !== null && now.at - before.at < LEAST_MS) return this.latest;
    this.last = now;
    if (before === null) return this.latest;
    const total = now.total - before.total;
    this.latest = {
      machine: total === 0 ? 0 : clamp((now.busy - before.busy) / total),
      process: clamp((now.own - before.own) / ((now.at - before.at) * now.processors)),
    };
    return this.latest;
  }
}

function read(): Reading {
  const times = cpus().map((cpu) => cpu.times);
  const idle = times.reduce((sum, each) => sum + each.idle, 0);
  const total = times.reduce(
    (sum, { user, nice, sys, idle: free, irq }) => sum + user + nice + sys + free + irq,
    0,
  );
  const { user, system } = process.cpuUsage();
  const own = (user + system) / 1000;
  return { busy: total - idle, total, own, at: performance.now(), processors: times.length };
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}
