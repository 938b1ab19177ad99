import { readFile } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';
import { groupFolders, type GroupPlace } from './control-groups.js';

/** Memory of the machine, or of the control group this process is limited to. Bytes. */
export interface MemoryReading {
  readonly total: number;
  /** What is neither free nor given back as soon as somebody asks. */
  readonly used: number;
  readonly share: number;
}

/** Where the two versions of control groups keep what. */
interface GroupLayout extends GroupPlace {
  readonly limit: string;
  readonly usage: string;
  /** In `memory.stat`: file pages nobody used lately, which are given back when memory gets short. */
  readonly cached: RegExp;
}

const LAYOUTS: readonly GroupLayout[] = [
  {
    group: /^0::(\/.*)$/m,
    root: '/sys/fs/cgroup',
    limit: 'memory.max',
    usage: 'memory.current',
    cached: /^inactive_file (\d+)$/m,
  },
  {
    group: /^\d+:memory:(\/.*)$/m,
    root: '/sys/fs/cgroup/memory',
    limit: 'memory.limit_in_bytes',
    usage: 'memory.usage_in_bytes',
    cached: /^total_inactive_file (\d+)$/m,
  },
];

/** Reads a file of /proc or /sys; rejects where there is none. */
export type ReadFile = (path: string) => Promise<string>;

/**
 * Reads memory now: the tightest of the machine and the control groups that limit this process.
 * @param more bytes that are to be used besides; which is the tightest may depend on it
 */
export async function readMemory(
  more = 0,
  read: ReadFile = (path) => readFile(path, 'utf8'),
): Promise<MemoryReading> {
  const machine = await machineMemory(read);
  const groups = await Promise.all(LAYOUTS.map((layout) => groupMemory(layout, machine.total, read)));
  const filled = ({ used, total }: MemoryReading) => (used + more) / total;
  return groups
    .flat()
    .reduce((tightest, group) => (filled(group) > filled(tightest) ? group : tightest), machine);
}

/** `MemAvailable` counts what caches give back; where there is no /proc, free memory has to do. */
async function machineMemory(read: ReadFile): Promise<MemoryReading> {
  const text = await read('/proc/meminfo').catch(() => '');
  const kibibytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1]);
  const total = kibibytes('MemTotal') * 1024;
  const available = kibibytes('MemAvailable') * 1024;
  if (!(total > 0) || !(available >= 0)) return reading(totalmem(), totalmem() - freemem());
  return reading(total, total - available);
}

/** Those with a limit below the machine's own memory. */
async function groupMemory(layout: GroupLayout, machine: number, read: ReadFile): Promise<MemoryReading[]> {
  const groups = await read('/proc/self/cgroup').catch(() => '');
  const found = groupFolders(layout, groups).map(async (folder) => {
    const file = async (name: string) => (await read(`${folder}/${name}`)).trim();
    const limit = Number(await file(layout.limit));
    if (!(limit > 0) || limit >= machine) return [];
    const cached = Number(layout.cached.exec(await file('memory.stat'))?.[1] ?? 0);
    return [reading(limit, Math.max(0, Number(await file(layout.usage)) - cached))];
  });
  return (await Promise.all(found.map((each) => each.catch(() => [])))).flat();
}

function reading(total: number, used: number): MemoryReading {
  return { total, used, share: total === 0 ? 0 : used / total };
}
