import { readMemory } from './memory-reading.js';

const GIBIBYTE = 2 ** 30;
const MACHINE = { '/proc/meminfo': 'MemTotal: 67108864 kB\nMemAvailable: 33554432 kB\n' };

/** A machine of 64 GiB, half of it used, with these files besides. */
const files = (others: Record<string, string>) => async (path: string) => {
  const text = new Map(Object.entries({ ...MACHINE, ...others })).get(path);
  if (text === undefined) throw new Error('ENOENT');
  return text;
};
/** A group of version 2 that may have 2 GiB and uses so many, a quarter of a GiB of it for files nobody reads. */
const group = (folder: string, used: number) => ({
  [`${folder}/memory.max`]: `${2 * GIBIBYTE}\n`,
  [`${folder}/memory.current`]: `${(used + 0.25) * GIBIBYTE}\n`,
  [`${folder}/memory.stat`]: `anon 1\ninactive_file ${GIBIBYTE / 4}\n`,
});
const reading = (total: number, used: number) => ({
  total: total * GIBIBYTE,
  used: used * GIBIBYTE,
  share: used / total,
});

describe('the memory that a server may use', () => {
  it("is the machine's where nothing limits it", async () => {
    const none = files({ '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/memory.max': 'max\n' });
    expect(await readMemory(0, none)).toEqual(reading(64, 32));
  });

  it.each([
    ['its own group of version 2', '0::/a\n', group('/sys/fs/cgroup/a', 1.9)],
    ['a group around it', '0::/pod/a/b\n', group('/sys/fs/cgroup/pod', 1.9)],
    ['its container, whose path it sees from outside', '0::/docker/4af\n', group('/sys/fs/cgroup', 1.9)],
    [
      'its own group of version 1',
      '4:memory:/a\n0::/\n',
      {
        '/sys/fs/cgroup/memory/a/memory.limit_in_bytes': `${2 * GIBIBYTE}`,
        '/sys/fs/cgroup/memory/a/memory.usage_in_bytes': `${1.9 * GIBIBYTE}`,
        '/sys/fs/cgroup/memory/a/memory.stat': 'total_inactive_file 0\n',
      },
    ],
  ])('is that of %s where that is fuller', async (_which, path, others) => {
    const seen = await readMemory(0, files({ '/proc/self/cgroup': path, ...others }));
    expect(seen).toEqual(reading(2, 1.9));
  });

  it('is whatever would be fullest with more in use', async () => {
    const sut = files({ '/proc/self/cgroup': '0::/a\n', ...group('/sys/fs/cgroup/a', 0.5) });
    expect(await readMemory(0, sut)).toEqual(reading(64, 32));
    expect(await readMemory(GIBIBYTE, sut)).toEqual(reading(2, 0.5));
  });
});
