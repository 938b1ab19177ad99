import type { Result } from '../../common/index.js';
import type { Ticket } from './running.js';
import { mayBePassed, type WaitingQueue } from './waiting-queue.js';

/** Requests without room that one round looks at; those behind them wait for the next. */
const LOOK_AHEAD = 32;
/** One part in so many of the streams may be of class `learning`, at least one. */
const LEARNING_SHARE = 2;

/** What letting requests in depends on. */
export interface AdmissionState<Place> {
  readonly running: Iterable<Ticket>;
  readonly maxStreams: number;
  readonly now: number;
  /** A place in the key/value cache; undefined while others have it. */
  readonly open: (ticket: Ticket) => Result<Place | undefined>;
}

/**
 * Goes through the queue and says who begins now. Learning never takes more than half of the streams, so that an answer finds a
 * free one soon.
 */
export function* admit<Place>(
  queue: WaitingQueue,
  state: AdmissionState<Place>,
): Generator<[Ticket, Result<Place>]> {
  const running = [...state.running];
  let streams = running.length;
  let learning = running.filter(isLearning).length;
  let blocked = 0;
  for (const ticket of queue.inOrder()) {
    if (streams === state.maxStreams || blocked === LOOK_AHEAD) return;
    if (isLearning(ticket) && learning >= Math.ceil(state.maxStreams / LEARNING_SHARE)) continue;
    const table = state.open(ticket);
    if (!table.ok) {
      yield [ticket, table];
    } else if (table.value) {
      streams++;
      if (isLearning(ticket)) learning++;
      yield [ticket, { ok: true, value: table.value }];
    } else {
      if (!mayBePassed(ticket, state.now)) return;
      blocked++;
    }
  }
}

function isLearning({ work }: Ticket): boolean {
  return work.priority === 'learning';
}
