import { CodedError } from '../../../src/common/errors.js';
import { Problem } from '../api/problem.js';
import { showUpdates, signSubmission, type FinishedSession } from './finished-session.js';
import type { TrainerCommand, TrainerReport } from './protocol.js';
import { accessOf, TrainingSession } from './session.js';

const tell = (report: TrainerReport): void => globalThis.postMessage(report);
const session = new TrainingSession(tell);
let finished: FinishedSession | null = null;

globalThis.addEventListener('message', ({ data: command }: MessageEvent<TrainerCommand>) => {
  switch (command.type) {
    case 'start':
      return void begin(() => session.run(command.request, command.token));
    case 'take up':
      return void begin(() => session.takeUp(command.token));
    case 'pause':
      return session.pace.pause();
    case 'resume':
      return session.pace.resume();
    case 'stop':
      return session.pace.stop();
    case 'sign':
      return void answer(async (ended) =>
        tell({
          type: 'signed',
          submission: await signSubmission(ended, command.wish, accessOf(command.token)),
        }),
      );
    case 'show':
      return void answer(async (ended) =>
        tell({ type: 'shown', opening: await showUpdates(ended, command.updates) }),
      );
  }
});

async function begin(work: () => Promise<FinishedSession>): Promise<void> {
  try {
    finished = await work();
  } catch (thrown) {
    tell({ type: 'refused', ...reasonOf(thrown) });
  }
}

async function answer(work: (ended: FinishedSession) => Promise<void>): Promise<void> {
  try {
    if (finished === null) throw new CodedError('TRAINING_OPTIONS', 'nothing was trained yet');
    await work(finished);
  } catch (thrown) {
    tell({ type: 'not done', ...reasonOf(thrown) });
  }
}

function reasonOf(thrown: unknown): { code: string; detail: string } {
  if (thrown instanceof CodedError) return { code: thrown.code, detail: thrown.message };
  const { code, detail } = Problem.from(thrown);
  return { code, detail };
}
