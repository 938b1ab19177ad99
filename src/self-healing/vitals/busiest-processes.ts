/** A process of the machine that uses much: names only, never command lines, which may hold secrets. */
export interface BusyProcess {
  readonly pid: number;
  readonly name: string;
  /** Percent of one processor. */
  readonly cpu: number;
  /** Percent of the memory. */
  readonly memory: number;
}

const MOST = 8;

/** The processes that use the processors most; none where they cannot be read. The library is loaded only for this. */
export async function busiestProcesses(): Promise<BusyProcess[]> {
  try {
    const { processes } = (await import('systeminformation')).default;
    const { list } = await processes();
    return [...list]
      .sort((a, b) => b.cpu - a.cpu)
      .slice(0, MOST)
      .map(({ pid, name, cpu, mem }) => ({ pid, name, cpu, memory: mem }));
  } catch {
    return [];
  }
}
