/** How many updates to leave between two kept states, a multiple of `checkEvery`, so that all of them find room. @param room bytes */
export function keepEveryOf(stateBytes: number, steps: number, checkEvery: number, room: number): number {
  // Beside each of them the best one so far may be kept.
  const affordable = Math.max(1, Math.floor(room / 2 / stateBytes));
  return checkEvery * Math.max(1, Math.ceil(steps / affordable / checkEvery));
}
