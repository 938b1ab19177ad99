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
    setTimeout(() => {
      resting = false;
      if (wanted) go();
    }, pauseMs);
    work();
  };
  return () => {
    if (resting) wanted = true;
    else go();
  };
}
