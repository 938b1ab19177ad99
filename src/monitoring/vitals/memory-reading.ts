import { readFile } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';

/** Memory of the machine, or of the control group this process is limited to. Bytes. */
export interface MemoryReading {
  readonly total: number;
  /** What is neither free nor given back as soon as somebody asks. */
  readonly used: number;
  readonly share: number;
}

/** Where the two versions of control groups keep what. */
interface GroupLayout {
  /** Finds the group's path in /proc/self/cgroup. */
  readonly group: RegExp;
  readonly root: string;
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

/** Reads memory now: the tighter of the machine and the control group. */
export async function readMemory(): Promise<MemoryReading> {
  const machine = await machineMemory();
  const groups = await Promise.all(LAYOUTS.map((layout) => groupMemory(layout, machine.total)));
  return groups.reduce<MemoryReading>(
    (tightest, group) => (group !== null && group.share > tightest.share ? group : tightest),
    machine,
  );
}

/** `MemAvailable` counts what caches give back; where there is no /proc, free memory has to do. */
async function machineMemory(): Promise<MemoryReading> {
  const text = await readFile('/proc/meminfo', 'utf8').catch(() => '');
  const kibibytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1]);
  const total = kibibytes('MemTotal') * 1024;
  const available = kibibytes('MemAvailable') * 1024;
  if (!(total > 0) || !(available >= 0)) return reading(totalmem(), totalmem() - freemem());
  return reading(total, total - available);
}

/** Null where there is no group, or none with a limit below the machine's own memory. */
async function groupMemory(layout: GroupLayout, machine: number): Promise<MemoryReading | null> {
  try {
    const path = layout.group.exec(await readFile('/proc/self/cgroup', 'utf8'))?.[1];
    if (path === undefined) return null;
    const file = async (name: string) => (await readFile(`${layout.root}${path}/${name}`, 'utf8')).trim();
    const limit = Number(await file(layout.limit));
    if (!(limit > 0) || limit >= machine) return null;
    const cached = Number(layout.cached.exec(await file('memory.stat'))?.[1] ?? 0);
    return reading(limit, Math.max(0, Number(await file(layout.usage)) - cached));
  } catch {
    return null;
  }
}

function reading(total: number, used: number): MemoryReading {
  return { total, used, share: total === 0 ? 0 : used / total };
}
