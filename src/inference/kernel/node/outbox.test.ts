import type { GenerateEvent } from '../requests.js';
import { Outbox } from './outbox.js';
import type { FromLeader } from './protocol.js';

function token(index: number): GenerateEvent {
  return { type: 'token', id: 7, index, state: new Uint8Array(32) };
}

/** Indices of the tokens of each message. */
function indices(messages: readonly FromLeader[]): number[][] {
  return messages.map((message) =>
    message.type !== 'events'
      ? []
      : message.events.map(([, event]) => (event.type === 'token' ? event.index : -1)),
  );
}

describe('outbox of the leader', () => {
  let messages: FromLeader[];
  let outbox: Outbox;
  beforeEach(() => {
    messages = [];
    outbox = new Outbox((message) => messages.push(message));
  });

  it('sends the first token of an answer at once and later ones together, in order', () => {
    outbox.add(1, token(0));
    outbox.flushIfDue(1000);
    for (let i = 1; i < 5; i++) {
      outbox.add(1, token(i));
      outbox.flushIfDue(1000 + i * 10);
    }
    expect(indices(messages)).toEqual([[0], [1, 2, 3, 4]]);
  });

  it('lets the first token of another answer take along what waits', () => {
    outbox.add(1, token(0));
    outbox.flushIfDue(1000);
    outbox.add(1, token(1));
    outbox.flushIfDue(1001);
    outbox.add(2, token(0));
    outbox.flushIfDue(1002);
    expect(indices(messages)).toEqual([[0], [1, 0]]);
  });

  it('sends nothing where nothing waits', () => {
    outbox.flush(1000);
    outbox.flushIfDue(5000);
    expect(messages).toEqual([]);
  });
});
