import type { ReadText } from './processor-limits.js';

/** The clocks of some processors together, in any one unit, and how many they are. */
export interface ProcessorTimes {
  readonly busy: number;
  readonly total: number;
  readonly processors: number;
}

/** Columns of /proc/stat that add up to all of a processor's time (the guests' time behind them is in them already). */
const COLUMNS = 8;
const [IDLE, IO_WAIT] = [3, 4];

/**
 * The processors that this process may run on, by a set of its control group or by its own affinity; how busy the others are is
 * nothing to it. Null where that cannot be read.
 */
export function allowedTimes(read: ReadText): ProcessorTimes | null {
  try {
    const allowed = /^Cpus_allowed_list:\s*([\d,-]+)\s*$/m.exec(read('/proc/self/status'))?.[1];
    if (allowed === undefined) return null;
    const clocks = new Map(
      [...read('/proc/stat').matchAll(/^cpu(\d+) (.*)$/gm)].map(([, name, times]) => [Number(name), times]),
    );
    // The list may name processors that are not there, or switched off.
    const mine = [...clocks].filter(([name]) => isIn(allowed, name)).map(([, times]) => timesOf(times));
    if (mine.length === 0) return null;
    const sum = (of: (times: number[]) => number) => mine.reduce((all, times) => all + of(times), 0);
    const total = sum((times) => times.reduce((all, time) => all + time, 0));
    const idle = sum((times) => times[IDLE] + times[IO_WAIT]);
    return Number.isFinite(total + idle) ? { busy: total - idle, total, processors: mine.length } : null;
  } catch {
    return null;
  }
}

/** Whether a list such as `0-3,8` names a processor. */
function isIn(list: string, processor: number): boolean {
  return list.split(',').some((part) => {
    const [first, last = first] = part.split('-').map(Number);
    return processor >= first && processor <= last;
  });
}

function timesOf(columns: string): number[] {
  return columns.trim().split(/\s+/).slice(0, COLUMNS).map(Number);
}
