import { jest } from '@jest/globals';
import { setSessionToken } from './access.js';
import { LiveConnection, type LiveMessage } from './live.js';

/** A socket that does what the test says. */
class FakeSocket extends EventTarget {
  static all: FakeSocket[] = [];
  readonly sent: Record<string, unknown>[] = [];

  constructor(readonly url: URL) {
    super();
    FakeSocket.all.push(this);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }

  close(): void {
    this.dispatchEvent(new Event('close'));
  }

  say(message: object): void {
    this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(message) }));
  }
}

describe('the live connection', () => {
  let live: LiveConnection;
  const socket = () => FakeSocket.all[FakeSocket.all.length - 1];

  beforeEach(() => {
    jest.useFakeTimers();
    FakeSocket.all = [];
    Object.assign(globalThis, {
      WebSocket: FakeSocket,
      location: { href: 'http://127.0.0.1:8000/status' },
      addEventListener: () => undefined,
      removeEventListener: () => undefined,
    });
    live = new LiveConnection();
    live.start();
  });

  afterEach(() => {
    live.stop();
    jest.useRealTimers();
  });

  function subscribe(seq: number, gap = false, stream = 's1'): void {
    socket().say({ type: 'hello', stream, seq });
    socket().say({ type: 'subscribed', stream, seq, gap });
  }

  it('subscribes after the greeting, with a little history', () => {
    expect(socket().url.href).toBe('ws://127.0.0.1:8000/ws/collective-insight');
    expect(live.current()).toEqual({ is: 'connecting' });
    subscribe(1000);
    expect(socket().sent).toEqual([
      { subscribe: ['inference', 'chain', 'metrics', 'learning', 'rewards'], since: 400, stream: 's1' },
      ...['tasks', 'decisions', 'guardian', 'alerts', 'incidents'].map((topic) => ({ subscribe: [topic] })),
    ]);
    expect(live.current()).toEqual({ is: 'online' });
  });

  it('asks again, with a new token, for what it does not hear', () => {
    const topics = (...heard: string[]) =>
      socket().say({ type: 'subscribed', stream: 's1', seq: 5, gap: false, topics: heard });
    const asked = (token: string) => {
      socket().sent.length = 0;
      setSessionToken(token);
      return socket().sent;
    };
    const own = ['inference', 'chain', 'metrics', 'learning', 'rewards'];
    subscribe(5);
    const guardian = ['decisions', 'guardian', 'alerts', 'incidents'];
    expect(asked('first')).toEqual([
      { subscribe: own, token: 'first' },
      { subscribe: ['tasks'] },
      { subscribe: guardian },
    ]);
    topics(...own, 'tasks', ...guardian);
    expect(asked('second')).toEqual([{ subscribe: own, token: 'second' }]);
    socket().say({ type: 'unsubscribed', topics: ['guardian', 'alerts'], code: 'FORBIDDEN' });
    expect(asked('third')).toEqual([
      { subscribe: own, token: 'third' },
      { subscribe: ['guardian', 'alerts'] },
    ]);
    setSessionToken(null);
    expect(socket().sent).toHaveLength(2);
  });

  it('passes messages on and resumes behind the last one', () => {
    const seen: LiveMessage[] = [];
    live.onMessage((message) => seen.push(message));
    subscribe(5);
    socket().say({ topic: 'metrics', type: 'figures', data: { a: 1 }, at: 1, seq: 6 });
    socket().say({ topic: 'metrics', type: 'figures', data: { a: 2 }, at: 2, seq: 7 });
    expect(seen.map(({ seq }) => seq)).toEqual([6, 7]);
    socket().close();
    expect(live.current().is).toBe('offline');
    jest.advanceTimersByTime(500);
    expect(FakeSocket.all).toHaveLength(2);
    socket().say({ type: 'hello', stream: 's1', seq: 9 });
    expect(socket().sent[0]).toMatchObject({ since: 7, stream: 's1' });
  });

  it('tells of a gap when the server cannot fill it', () => {
    let gaps = 0;
    live.onGap(() => gaps++);
    subscribe(5);
    socket().close();
    jest.advanceTimersByTime(500);
    subscribe(2, true, 's2');
    expect(gaps).toBe(1);
    socket().close();
    jest.advanceTimersByTime(500);
    socket().say({ type: 'hello', stream: 's2', seq: 3 });
    expect(socket().sent[0]).toMatchObject({ since: 2, stream: 's2' });
  });

  it('tells of a gap that comes while it is connected, and resumes behind it', () => {
    let gaps = 0;
    live.onGap(() => gaps++);
    subscribe(5);
    socket().say({ type: 'subscribed', stream: 's2', seq: 9, gap: true });
    expect(gaps).toBe(1);
    socket().close();
    jest.advanceTimersByTime(500);
    socket().say({ type: 'hello', stream: 's2', seq: 9 });
    expect(socket().sent[0]).toMatchObject({ since: 9, stream: 's2' });
  });

  it('takes a long silence for a lost connection and waits longer each time', () => {
    subscribe(5);
    jest.advanceTimersByTime(10_000);
    expect(live.current().is).toBe('offline');
    jest.advanceTimersByTime(500);
    expect(FakeSocket.all).toHaveLength(2);
    socket().close();
    jest.advanceTimersByTime(999);
    expect(FakeSocket.all).toHaveLength(2);
    jest.advanceTimersByTime(1);
    expect(FakeSocket.all).toHaveLength(3);
  });
});
