import type { MachineVitals } from '../../monitoring/index.js';

/** Which share of the memory of the machine, or of the tightest control group, is this process's: what is full may be the group. */
export async function ownShare(machine: Pick<MachineVitals, 'memory'>): Promise<number> {
  const { total } = await machine.memory();
  return process.memoryUsage.rss() / total;
}
