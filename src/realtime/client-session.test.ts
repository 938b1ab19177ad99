import { setImmediate as settled } from 'node:timers/promises';
import fc from 'fast-check';
import { ANONYMOUS, LOCAL_ADMIN, type Identity } from '../auth/index.js';
import { ClientSession, CLOSE } from './client-session.js';
import { NoticeStream } from './notice-stream.js';

const NOBODY = { identify: async () => null, refused: async () => true };
const LIMITS = { mostBufferedBytes: 1_000, mostErrors: 3 };

function open({ identity = ANONYMOUS, capacity = 10 }: { identity?: Identity; capacity?: number } = {}) {
  const sent: Record<string, unknown>[] = [];
  const closed: number[] = [];
  const socket = {
    bufferedAmount: 0,
    send: (message: string | Buffer) =>
      void sent.push(JSON.parse(String(message)) as Record<string, unknown>),
    close: (code: number) => void closed.push(code),
  };
  const stream = new NoticeStream(capacity);
  const held = new Map<string, Promise<void>>();
  const identify = async (token: string) => {
    const identity = known.get(token) ?? null;
    await held.get(token);
    return identity;
  };
  const known = new Map<string, Identity>([['good', LOCAL_ADMIN]]);
  const worthless = { counted: 0, most: 1 };
  const refused = async () => ++worthless.counted <= worthless.most;
  const session = new ClientSession(socket, stream, identity, { identify, refused }, LIMITS);
  const say = (message: unknown) => session.receive(JSON.stringify(message));
  const happen = (topic: 'chain' | 'metrics' | 'guardian') =>
    session.deliver(stream.append({ topic, type: 'x', data: null, at: 0 }));
  const seqs = () => sent.filter((message) => 'topic' in message).map(({ seq }) => seq);
  return { sent, closed, socket, stream, session, say, happen, seqs, known, held, worthless };
}

describe('a WebSocket client', () => {
  it('is greeted with the stream and hears only what it asked for', () => {
    const { sent, say, happen, seqs, stream } = open();
    expect(sent[0]).toEqual({ type: 'hello', stream: stream.id, seq: 0 });
    happen('chain');
    say({ subscribe: ['chain'] });
    happen('metrics');
    happen('chain');
    expect(seqs()).toEqual([3]);
    say({ unsubscribe: ['chain'] });
    happen('chain');
    expect(seqs()).toEqual([3]);
  });

  it('hears of what is about others only as a guardian, also when it resumes', () => {
    const [anna, guardian] = ['acc_anna', 'acc_guard'].map((subject) =>
      open({ identity: { subject, roles: subject === 'acc_guard' ? ['guardian'] : ['user'] } }),
    );
    for (const { stream, session, say, seqs } of [anna, guardian]) {
      const tell = (only: string) =>
        session.deliver(stream.append({ topic: 'tasks', type: 'x', data: null, at: 0, only }));
      say({ subscribe: ['tasks'] });
      tell('acc_anna');
      tell('acc_bert');
      expect(seqs()).toEqual(session === anna.session ? [1] : [1, 2]);
      say({ subscribe: ['tasks'], since: 0, stream: stream.id });
      expect(seqs()).toEqual(session === anna.session ? [1, 1] : [1, 2, 1, 2]);
    }
    expect(anna.sent.some((message) => 'only' in message)).toBe(false);
  });

  it('resumes without a gap behind the number it saw last', () => {
    const { say, happen, seqs, sent, stream } = open();
    for (let i = 0; i < 4; i++) happen('chain');
    say({ subscribe: ['chain'], since: 2, stream: stream.id });
    happen('chain');
    expect(seqs()).toEqual([3, 4, 5]);
    expect(sent.find(({ type }) => type === 'subscribed')).toMatchObject({ gap: false, seq: 4 });
  });

  it.each([
    ['the memory does not reach back', { since: 1 }],
    ['the server was restarted', { since: 20, stream: 'another' }],
    ['the number is from the future', { since: 99 }],
  ])('is told of a gap when %s', (_why, resume) => {
    const { say, happen, seqs, sent } = open({ capacity: 5 });
    for (let i = 0; i < 20; i++) happen('chain');
    say({ subscribe: ['chain'], ...resume });
    expect(sent.at(-1)).toMatchObject({ type: 'subscribed', gap: true });
    happen('chain');
    expect(seqs()).toEqual([21]);
  });

  it('is told of a gap while it listens, and resumes behind it only', () => {
    const { say, happen, sent, stream, session, seqs } = open();
    session.gap();
    expect(sent).toHaveLength(1);
    say({ subscribe: ['chain'] });
    happen('chain');
    const before = { stream: stream.id, seq: stream.head };
    stream.begin();
    session.gap();
    expect(sent.at(-1)).toMatchObject({
      type: 'subscribed',
      topics: ['chain'],
      stream: stream.id,
      gap: true,
    });
    expect(stream.id).not.toBe(before.stream);
    const after = stream.head;
    for (const resume of [{ since: before.seq, stream: before.stream }, { since: before.seq }]) {
      say({ subscribe: [], ...resume });
      expect(sent.at(-1)).toMatchObject({ type: 'subscribed', gap: true });
    }
    happen('chain');
    say({ subscribe: [], since: after, stream: stream.id });
    expect(sent.at(-2)).toMatchObject({ type: 'subscribed', gap: false });
    expect(seqs()).toEqual([before.seq, after + 1, after + 1]);
  });

  it('is dropped with a code when it does not read', () => {
    const { say, happen, socket, closed, seqs } = open();
    say({ subscribe: ['chain'] });
    socket.bufferedAmount = 1_001;
    happen('chain');
    happen('chain');
    expect(closed).toEqual([CLOSE.slowReader]);
    expect(seqs()).toEqual([]);
  });

  it('needs a role for what is not public, and may show a token', async () => {
    const { say, happen, sent, seqs, closed } = open();
    say({ subscribe: ['guardian'] });
    expect(sent.at(-1)).toMatchObject({ type: 'error', code: 'FORBIDDEN' });
    happen('guardian');
    say({ token: 'good', subscribe: ['guardian'] });
    say({ subscribe: ['tasks'] });
    await settled();
    expect(sent.at(-1)).toMatchObject({ topics: ['guardian', 'tasks'] });
    happen('guardian');
    expect(seqs()).toEqual([2]);
    say({ token: 'bad' });
    await settled();
    expect(closed).toEqual([CLOSE.tokenInvalid]);
  });

  it('is counted when it shows a worthless token, and told apart when its address has shown too many', async () => {
    for (const most of [1, 0]) {
      const { say, closed, worthless } = open();
      worthless.most = most;
      say({ token: 'good' });
      say({ token: 'bad' });
      await settled();
      expect(worthless.counted).toBe(1);
      expect(closed).toEqual([most === 1 ? CLOSE.tokenInvalid : CLOSE.tooMany]);
    }
  });

  it('is put out at the next heartbeat when its token is worth nothing any more', async () => {
    const { session, say, closed, known, worthless } = open();
    say({ token: 'good', subscribe: ['guardian'] });
    await settled();
    session.heartbeat(1);
    await settled();
    expect(closed).toEqual([]);
    known.clear();
    session.heartbeat(2);
    await settled();
    expect(closed).toEqual([CLOSE.tokenInvalid]);
    expect(worthless.counted).toBe(0);
  });

  it('hears no more, and is told so, of what it may not hear since it lost the role', async () => {
    const { session, say, happen, seqs, sent, closed, known, stream } = open();
    known.set('good', { subject: 'acc_grace', roles: ['user', 'guardian'] });
    say({ token: 'good', subscribe: ['guardian', 'decisions', 'tasks', 'chain'] });
    await settled();
    happen('guardian');
    known.set('good', { subject: 'acc_grace', roles: ['user'] });
    session.heartbeat(1);
    await settled();
    expect(sent.at(-1)).toEqual({
      type: 'unsubscribed',
      topics: ['guardian', 'decisions'],
      code: 'FORBIDDEN',
    });
    happen('guardian');
    happen('chain');
    expect(seqs()).toEqual([1, 3]);
    say({ subscribe: ['guardian'] });
    expect(sent.at(-1)).toMatchObject({ type: 'error', code: 'FORBIDDEN' });
    say({ subscribe: [], since: 1, stream: stream.id });
    expect(seqs()).toEqual([1, 3, 3]);
    session.heartbeat(2);
    await settled();
    expect(sent.filter(({ type }) => type === 'unsubscribed')).toHaveLength(1);
    expect(closed).toEqual([]);
  });

  it('does not keep what an earlier token allowed', async () => {
    const { say, happen, seqs, known } = open();
    known.set('weak', { subject: 'acc_anna', roles: ['user'] });
    say({ token: 'good', subscribe: ['guardian'] });
    await settled();
    say({ token: 'weak', subscribe: ['chain'] });
    await settled();
    happen('guardian');
    happen('chain');
    expect(seqs()).toEqual([2]);
  });

  it.each([null, { subject: 'acc_anna', roles: ['user' as const] }])(
    'is not judged by what an earlier token is worth: %j',
    async (worth) => {
      const { session, say, happen, seqs, closed, known, held } = open();
      known.set('old', { subject: 'acc_grace', roles: ['guardian'] });
      say({ token: 'old', subscribe: ['guardian'] });
      await settled();
      let answer = (): void => undefined;
      held.set('old', new Promise((resolve) => (answer = resolve)));
      if (worth === null) known.delete('old');
      else known.set('old', worth);
      session.heartbeat(1);
      say({ token: 'good', subscribe: [] });
      await settled();
      answer();
      await settled();
      happen('guardian');
      expect(closed).toEqual([]);
      expect(seqs()).toEqual([1]);
    },
  );

  it('cannot pile up messages while its token is checked', () => {
    const { say, closed } = open();
    say({ token: 'good' });
    for (let i = 0; i < 17; i++) say({ subscribe: ['chain'] });
    expect(closed).toEqual([CLOSE.tooManyErrors]);
  });

  it('is told what was wrong, and closed after too much nonsense', () => {
    const { session, sent, closed } = open();
    session.receive('{');
    session.receive('{"subscribe":["nope"]}');
    expect(sent.slice(1).map(({ code }) => code)).toEqual(['WS_MESSAGE_INVALID', 'WS_TOPIC_UNKNOWN']);
    session.receive('{"subscribe":[],"extra":1}');
    expect(closed).toEqual([CLOSE.tooManyErrors]);
  });

  it('never makes the server throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string({ unit: 'binary' })), (text) => open().session.receive(text)),
    );
  });

  it('misses nothing and gets nothing twice, whenever it leaves and comes back', () => {
    const moves = fc.array(fc.constantFrom('happen', 'reconnect'), { maxLength: 60 });
    fc.assert(
      fc.property(moves, (plan) => {
        const stream = new NoticeStream(1_000);
        const heard: number[] = [];
        let session: ClientSession | null = null;
        const connect = () => {
          const socket = {
            bufferedAmount: 0,
            send: (text: string) => {
              const { topic, seq } = JSON.parse(text) as { topic?: string; seq: number };
              if (topic !== undefined) heard.push(seq);
            },
            close: () => undefined,
          };
          session = new ClientSession(socket, stream, ANONYMOUS, NOBODY, LIMITS);
          session.receive(
            JSON.stringify({ subscribe: ['chain'], since: heard.at(-1) ?? 0, stream: stream.id }),
          );
        };
        for (const move of plan) {
          if (move === 'reconnect' && session === null) connect();
          else if (move === 'reconnect') session = null;
          else {
            const entry = stream.append({ topic: 'chain', type: 'x', data: null, at: 0 });
            (session as ClientSession | null)?.deliver(entry);
          }
        }
        session = null;
        connect();
        expect(heard).toEqual(Array.from({ length: stream.head }, (_, i) => i + 1));
      }),
    );
  });
});
