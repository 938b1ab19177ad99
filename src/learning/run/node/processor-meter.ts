import { readFileSync } from 'node:fs';
import type { ProcessorUse } from '../pace.js';

/** What a meter reads. */
export interface MeterSource {
  /** `/proc/stat`; null where there is none. */
  stat(): string | null;
  /** Processor time of this process, ms. */
  own(): number;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
}

/** Milliseconds of a tick of the kernel's clocks: USER_HZ is 100 wherever Node.js runs. */
const TICK_MS = 10;
/** `cpu`, then user, nice, system, idle, iowait, irq, softirq (proc(5)). Time of guests is in that of users. */
const TIMES = /^cpu +(\d+) (\d+) (\d+) \d+ \d+ (\d+) (\d+)/;

const THIS_PROCESS: MeterSource = {
  stat: () => {
    try {
      return readFileSync('/proc/stat', 'latin1');
    } catch {
      // another system, or a sandbox that hides it
      return null;
    }
  },
  own: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
  now: () => performance.now(),
};

interface Reading {
  readonly busy: number;
  readonly own: number;
  readonly at: number;
}

/** Tells, on Linux, who used the processors from look to look. The first look has nothing to compare with. */
export class ProcessorMeter {
  private last: Reading | null = null;

  constructor(private readonly source: MeterSource = THIS_PROCESS) {}

  /** Null where it cannot be known. */
  look(): ProcessorUse | null {
    const before = this.last;
    const now = this.read();
    this.last = now;
    if (before === null || now === null || now.at <= before.at) return null;
    const own = now.own - before.own;
    return { own, others: Math.max(0, now.busy - before.busy - own) / (now.at - before.at) };
  }

  private read(): Reading | null {
    const times = TIMES.exec(this.source.stat() ?? '')?.slice(1);
    if (times === undefined) return null;
    const busy = times.reduce((sum, ticks) => sum + Number(ticks), 0) * TICK_MS;
    return { busy, own: this.source.own(), at: this.source.now() };
  }
}
