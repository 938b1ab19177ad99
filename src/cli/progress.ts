import cliProgress from 'cli-progress';

/** Progress of one long piece of work. */
export interface Progress {
  /** @param done so far, in the unit of the total  @param step what is being done now */
  update(done: number, step?: string): void;
  /** The work is over; the bar disappears. */
  stop(): void;
}

const PATIENCE_MS = 2_000;

/** A bar that appears after two seconds on a terminal, and never elsewhere. */
export function startProgress(what: string, total: number, stream: NodeJS.WriteStream): Progress {
  const began = performance.now();
  let bar: cliProgress.SingleBar | null = null;
  const show = () => {
    const format = `${what} {bar} {percentage}% {step} {duration_formatted}`;
    const created = new cliProgress.SingleBar({ format, stream, hideCursor: true, clearOnComplete: true });
    created.start(total, 0, { step: '' });
    return created;
  };
  return {
    update: (done, step = '') => {
      if (bar === null && stream.isTTY && performance.now() - began > PATIENCE_MS) bar = show();
      bar?.update(done, { step });
    },
    stop: () => bar?.stop(),
  };
}
