import { CpuMeter, type CpuClocks } from './cpu-meter.js';
import { limitedGroups } from './processor-limits.js';

/** 64 processors of which one is busy, seen every second. */
const clocks = (second: number, changes: Partial<CpuClocks> = {}): CpuClocks => ({
  ...{ busy: second * 1_000, total: second * 64_000, processors: 64, groups: [] },
  ...{ own: second * 500, at: second * 1_000, ...changes },
});
const group = (usedMs: number, processors = 2) => ({ folder: '/a', processors, usedMs });

describe('how busy the processors are', () => {
  it('is said of the machine where nothing limits this process', () => {
    const seen = [clocks(0), clocks(1)];
    const sut = new CpuMeter(() => seen.shift() as CpuClocks);
    expect(sut.look()).toEqual({ machine: 0, process: 0 });
    expect(sut.look()).toEqual({ machine: 1 / 64, process: 0.5 / 64 });
  });

  it('is said of what a control group leaves, where that is busier: another process of it takes nearly all', () => {
    const seen = [clocks(0, { groups: [group(5_000)] }), clocks(1, { groups: [group(6_900)] })];
    const sut = new CpuMeter(() => seen.shift() as CpuClocks);
    sut.look();
    expect(sut.look()).toEqual({ machine: 0.95, process: 0.25 });
  });

  it('counts a group from when it is seen, and what has exceeded its limit as all of it', () => {
    const seen = [clocks(0), clocks(1, { groups: [group(6_900)] }), clocks(2, { groups: [group(9_900)] })];
    const sut = new CpuMeter(() => seen.shift() as CpuClocks);
    sut.look();
    expect(sut.look().machine).toBe(1 / 64);
    expect(sut.look().machine).toBe(1);
  });
});

describe('groups that limit processors', () => {
  const read = (files: Record<string, string>) => (path: string) => {
    const text = new Map(Object.entries(files)).get(path);
    if (text === undefined) throw new Error('ENOENT');
    return text;
  };

  it.each<[string, Record<string, string>, object[]]>([
    [
      'version 2, its own and one around it',
      {
        ...{ '/proc/self/cgroup': '0::/pod/a\n', '/sys/fs/cgroup/pod/a/cpu.max': '150000 100000\n' },
        '/sys/fs/cgroup/pod/a/cpu.stat': 'usage_usec 2000\nuser_usec 1000\n',
        '/sys/fs/cgroup/pod/cpu.max': '400000 100000\n',
        '/sys/fs/cgroup/pod/cpu.stat': 'usage_usec 9000\n',
      },
      [
        { folder: '/sys/fs/cgroup/pod/a', processors: 1.5, usedMs: 2 },
        { folder: '/sys/fs/cgroup/pod', processors: 4, usedMs: 9 },
      ],
    ],
    [
      'version 1',
      {
        ...{ '/proc/self/cgroup': '2:cpuacct,cpu:/a\n0::/\n' },
        ...{ '/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us': '50000\n' },
        ...{ '/sys/fs/cgroup/cpu/a/cpu.cfs_period_us': '100000\n' },
        ...{ '/sys/fs/cgroup/cpuacct/a/cpuacct.usage': '3000000\n' },
      },
      [{ folder: '/sys/fs/cgroup/cpu/a', processors: 0.5, usedMs: 3 }],
    ],
    [
      'none: no limit, one above the machine, no files',
      {
        ...{ '/proc/self/cgroup': '1:cpu:/a\n0::/b\n', '/sys/fs/cgroup/b/cpu.max': 'max 100000\n' },
        ...{ '/sys/fs/cgroup/cpu.max': '800000 100000\n', '/sys/fs/cgroup/cpu.stat': 'usage_usec 1\n' },
        ...{
          '/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us': '-1',
          '/sys/fs/cgroup/cpu/a/cpu.cfs_period_us': '100000',
        },
      },
      [],
    ],
  ])('%s', (_which, files, found) => {
    expect(limitedGroups(8, read(files))).toEqual(found);
  });
});
