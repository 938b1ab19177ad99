import { readFileSync } from 'node:fs';
import { groupFolders, type GroupPlace } from './control-groups.js';

/** Reads a file of /proc or /sys; throws where there is none. */
export type ReadText = (path: string) => string;

/** A control group that may use only so many processors. */
export interface LimitedGroup {
  readonly folder: string;
  /** Processors it may use, such as 1.5. */
  readonly processors: number;
  /** Processor time it has used, ms. */
  readonly usedMs: number;
}

/** How one version of control groups says what may be used and what was; null where nothing is limited. */
interface Layout extends GroupPlace {
  limit(folder: string, read: ReadText): number;
  usedMs(folder: string, read: ReadText): number;
}

const LAYOUTS: readonly Layout[] = [
  {
    group: /^0::(\/.*)$/m,
    root: '/sys/fs/cgroup',
    // `max 100000`, or microseconds in each period.
    limit: (folder, read) => quotient(...pair(read(`${folder}/cpu.max`).split(' '))),
    usedMs: (folder, read) => Number(/^usage_usec (\d+)$/m.exec(read(`${folder}/cpu.stat`))?.[1]) / 1e3,
  },
  {
    group: /^\d+:(?:[^:]*,)?cpu(?:,[^:]*)?:(\/.*)$/m,
    root: '/sys/fs/cgroup/cpu',
    // -1 where there is no limit.
    limit: (folder, read) =>
      quotient(read(`${folder}/cpu.cfs_quota_us`), read(`${folder}/cpu.cfs_period_us`)),
    usedMs: (folder, read) => Number(read(`${folder.replace('/cpu', '/cpuacct')}/cpuacct.usage`)) / 1e6,
  },
];

/** Groups of this process that may use fewer processors than there are, as of now; those that cannot be read are left out. */
export function limitedGroups(
  processors: number,
  read: ReadText = (path) => readFileSync(path, 'utf8'),
): LimitedGroup[] {
  const groups = textOf('/proc/self/cgroup', read);
  return LAYOUTS.flatMap((layout) =>
    groupFolders(layout, groups).flatMap((folder) => {
      const group = groupOf(layout, folder, read);
      return group !== null && group.processors < processors ? group : [];
    }),
  );
}

function groupOf(layout: Layout, folder: string, read: ReadText): LimitedGroup | null {
  try {
    const limit = layout.limit(folder, read);
    if (!(limit > 0)) return null;
    const usedMs = layout.usedMs(folder, read);
    return Number.isFinite(usedMs) ? { folder, processors: limit, usedMs } : null;
  } catch {
    return null;
  }
}

function textOf(path: string, read: ReadText): string {
  try {
    return read(path);
  } catch {
    return '';
  }
}

function pair([quota = '', period = '']: readonly string[]): [string, string] {
  return [quota, period];
}

/** No number where one of them is none. */
function quotient(quota: string, period: string): number {
  return Number(quota) / Number(period);
}
