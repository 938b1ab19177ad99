/**
 * Does something at once and then at most so often, however often it is asked for; what is asked for meanwhile is done once, at the
 * end of the pause, so that the last time is never lost.
 * @param pauseMs from one time to the next, ms
 */
export function seldom(pauseMs: number, work: () => void): () => void {
  let wanted = false;
  let resting = false;
  const go = () => {
    wanted = false;
    resting = true;
    const timer: unknown = setTimeout(() => {
      resting = false;
      if (wanted) go();
    }, pauseMs);
    // In Node.js no pause holds up the end of the process; browsers have numbers here.
    (timer as { unref?: () => void }).unref?.();
    work();
  };
  return () => {
    if (resting) wanted = true;
    else go();
  };
}
