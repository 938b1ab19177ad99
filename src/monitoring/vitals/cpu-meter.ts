import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { allowedTimes, type ProcessorTimes } from './allowed-processors.js';
import { limitedGroups, type LimitedGroup } from './processor-limits.js';

/**
 * How busy the processors this process may run on, or a control group that limits it, and this process were between two looks; 1 is
 * all it may use.
 */
export interface CpuShare {
  readonly machine: number;
  readonly process: number;
}

/** The clocks of the processors, in any unit, of the groups that limit this process, and of the process itself, ms. */
export interface CpuClocks extends ProcessorTimes {
  readonly groups: readonly LimitedGroup[];
  readonly own: number;
  readonly at: number;
}

/** The least time between two readings that says anything, ms. */
const LEAST_MS = 200;

/** Measures the processors from look to look; the first look has nothing to compare with and says 0. */
export class CpuMeter {
  private last: CpuClocks | null = null;
  private latest: CpuShare = { machine: 0, process: 0 };

  constructor(private readonly read: () => CpuClocks = readClocks) {}

  /** The shares since the look before. Looks that follow too closely repeat the last answer. */
  look(): CpuShare {
    const now = this.read();
    const before = this.last;
    if (before !== null && now.at - before.at < LEAST_MS) return this.latest;
    this.last = now;
    // Other processors than before have other clocks.
    if (before === null || before.processors !== now.processors) return this.latest;
    const [total, elapsed] = [now.total - before.total, now.at - before.at];
    const machine = total === 0 ? 0 : (now.busy - before.busy) / total;
    const groups = now.groups.map(({ folder, processors, usedMs }) => {
      const used = before.groups.find((group) => group.folder === folder)?.usedMs ?? usedMs;
      return (usedMs - used) / (elapsed * processors);
    });
    const usable = Math.min(now.processors, ...now.groups.map(({ processors }) => processors));
    this.latest = {
      machine: clamp(Math.max(machine, ...groups)),
      process: clamp((now.own - before.own) / (elapsed * usable)),
    };
    return this.latest;
  }
}

function readClocks(): CpuClocks {
  const times = allowedTimes((path) => readFileSync(path, 'utf8')) ?? timesOfAll();
  const { user, system } = process.cpuUsage();
  const own = (user + system) / 1000;
  return { ...times, own, groups: limitedGroups(times.processors), at: performance.now() };
}

/** Where it is not known which processors are this process's, all of them. */
function timesOfAll(): ProcessorTimes {
  const times = cpus().map((cpu) => cpu.times);
  const idle = times.reduce((sum, each) => sum + each.idle, 0);
  const total = times.reduce(
    (sum, { user, nice, sys, idle: free, irq }) => sum + user + nice + sys + free + irq,
    0,
  );
  return { busy: total - idle, total, processors: times.length };
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}
