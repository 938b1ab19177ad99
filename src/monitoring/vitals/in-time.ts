/** The value of a promise, or `late` when it takes longer; a rejection passes. The promise is not stopped by it. */
export async function inTime<T, L>(promise: Promise<T>, milliseconds: number, late: L): Promise<T | L> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<L>((resolve) => {
    timer = setTimeout(() => resolve(late), milliseconds);
  });
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
    // What comes after the deadline is nobody's any more; it must not end the process.
    promise.catch(() => undefined);
  }
}
