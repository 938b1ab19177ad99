/** Processor time of the fastest of five runs, ms: time on the clock says more about a busy machine than about the code. */
export function cpuMilliseconds(work: () => unknown): number {
  const times = Array.from({ length: 5 }, () => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return Math.min(...times);
}

/** What eight times as much may take in work that grows in proportion: four times that; with the square it would be eight times. */
const MOST_GROWTH = 8 * 4;
/** What a clock of processor time cannot tell from nothing, ms. */
const BLUR_MS = 30;

/**
 * Whether work takes time in proportion to its size, at most, whatever the machine: eight times as much is compared with as much.
 * @param work does the given share of it
 */
export function growsInProportion(work: (share: number) => unknown): boolean {
  const part = cpuMilliseconds(() => work(1 / 8));
  return cpuMilliseconds(() => work(1)) < MOST_GROWTH * part + BLUR_MS;
}
