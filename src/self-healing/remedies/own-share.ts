import type { MachineVitals } from '../../monitoring/index.js';

/** Which share of the memory of the machine, or of the tightest control group, is this process's: what is full may be the group. */
export async function ownShare(machine: Pick<MachineVitals, 'memory'>): Promise<number> {
  const { total } = await machine.memory();
  return process.memoryUsage.rss() / total;
}

/** From this share of its heap on, a server's own JavaScript is what runs short. */
export const HEAP_SHARE = 0.8;
/** From this share of the memory on, giving back what this process holds would give the machine air. */
export const FILLING_SHARE = 0.5;

/**
 * Whether it is this server's own JavaScript that runs short, of which the engine holds nothing, and what the process holds besides
 * does not fill the memory either.
 */
export async function isOnlyHeap(machine: Pick<MachineVitals, 'memory' | 'heap'>): Promise<boolean> {
  const heap = machine.heap();
  const { total, share } = await machine.memory();
  if (heap.share < HEAP_SHARE || heap.share <= share) return false;
  return (process.memoryUsage.rss() - heap.used) / total < FILLING_SHARE;
}
