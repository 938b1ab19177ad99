import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { allowedTimes } from './allowed-processors.js';
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

const read = (files: Record<string, string>) => (path: string) => {
  const text = new Map(Object.entries(files)).get(path);
  if (text === undefined) throw new Error('ENOENT');
  return text;
};

describe('processors that this process may run on', () => {
  const STAT = [
    'cpu  400 0 0 400 0 0 0 0 0 0',
    'cpu0 100 5 20 300 50 3 2 20 9 9',
    'cpu1 10 0 0 90 0 0 0 0 0 0',
    'cpu2 20 0 0 80 0 0 0 0 0 0',
    'cpu10 40 0 0 60 0 0 0 0 0 0',
    'intr 1 2 3',
  ].join('\n');
  const times = (list: string, stat = STAT) =>
    allowedTimes(read({ '/proc/self/status': `Name: x\nCpus_allowed_list:\t${list}\n`, '/proc/stat': stat }));

  it.each<[string, string, object]>([
    ['one core', '0', { busy: 150, total: 500, processors: 1 }],
    ['some', '1-2,10', { busy: 70, total: 300, processors: 3 }],
    ['all, and some that are not there', '0-63', { busy: 220, total: 800, processors: 4 }],
  ])('%s: only their clocks count', (_which, list, expected) => {
    expect(times(list)).toEqual(expected);
  });

  it('are not known where it cannot be read', () => {
    expect([times('3'), times('all'), times('0', 'nothing'), allowedTimes(read({}))]).toEqual(
      Array(4).fill(null),
    );
  });

  it('are compared with themselves only', () => {
    const seen = [clocks(0), clocks(1), clocks(2, { processors: 1, busy: 900, total: 1_000 })];
    seen.push(clocks(3, { processors: 1, busy: 1_850, total: 2_000 }));
    const sut = new CpuMeter(() => seen.shift() as CpuClocks);
    sut.look();
    const before = sut.look();
    expect(sut.look()).toEqual(before);
    expect(sut.look()).toEqual({ machine: 0.95, process: 0.5 });
  });
});

describe('groups that limit processors', () => {
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

describe('this process', () => {
  it('is measured by the processors that it may use', () => {
    const now = allowedTimes((path) => readFileSync(path, 'utf8'));
    if (now === null) return;
    // A quota leaves fewer than there are.
    expect(now.processors).toBeGreaterThanOrEqual(availableParallelism());
    expect(now.processors).toBeLessThanOrEqual(cpus().length);
  });
});
