import { CodedError, err, ok, type Result } from '../../common/index.js';
import { OpenTestimonies, type OpenTestimony } from './open-testimonies.js';

const question = { of: 'states', first: 0, end: 1 } as const;

/** A testimony that answers when it is told to. */
function fake() {
  const waiting: ((rows: Result<readonly string[]>) => void)[] = [];
  const state = { isOver: false, stopped: 0, opened: 0 };
  const testimony: OpenTestimony = {
    get isOver() {
      return state.isOver;
    },
    rows: () => new Promise((resolve) => waiting.push(resolve)),
    stop: async () => void (state.stopped += 1),
  };
  const open = async () => {
    state.opened += 1;
    return ok(testimony);
  };
  return { state, waiting, open };
}

/** A turn of the event loop: all that can go on without an answer has gone on. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

it('lets one question be computed after the other, and refuses when too many wait', async () => {
  const sut = new OpenTestimonies();
  const { open, waiting, state } = fake();
  const asked = Array.from({ length: 8 }, () => sut.ask('x', open, question));
  await turn();
  expect([waiting.length, state.opened]).toEqual([1, 1]);
  expect(await sut.ask('x', open, question)).toMatchObject({
    error: { code: 'TESTIMONY_BUSY', status: 503, facts: { retryAfter: 2 } },
  });
  for (let i = 0; i < 8; i++) {
    waiting[i](ok([String(i)]));
    expect(await asked[i]).toEqual(ok([String(i)]));
    await turn();
  }
  expect(state.opened).toBe(1);
  await sut.stop();
  expect(state.stopped).toBe(1);
});

it('keeps two open and closes the one that was longest not asked', async () => {
  const sut = new OpenTestimonies();
  const all = [fake(), fake(), fake()];
  for (const i of [0, 1, 0, 2]) {
    const answer = sut.ask(String(i), all[i].open, question);
    await turn();
    all[i].waiting.at(-1)?.(ok([]));
    await answer;
  }
  expect(all.map(({ state }) => [state.opened, state.stopped])).toEqual([
    [1, 0],
    [1, 1],
    [1, 0],
  ]);
  await sut.stop();
});

it('opens anew what could not be opened, or has ended', async () => {
  const sut = new OpenTestimonies();
  const { open, waiting, state } = fake();
  const refusal = err(new CodedError('QUEUE_FULL', 'later'));
  expect(await sut.ask('x', async () => refusal, question)).toBe(refusal);
  for (let i = 0; i < 2; i++) {
    const answer = sut.ask('x', open, question);
    await turn();
    state.isOver = true;
    waiting.at(-1)?.(err(new CodedError('TESTIMONY_FAILED', 'gone')));
    await answer;
  }
  expect([state.opened, state.stopped]).toEqual([2, 2]);
});

it('refuses where opening throws, and opens anew', async () => {
  const sut = new OpenTestimonies();
  const { open, waiting, state } = fake();
  const failing = () => Promise.reject(new Error('away'));
  expect(await sut.ask('x', failing, question)).toMatchObject({
    error: { code: 'TESTIMONY_FAILED', status: 503 },
  });
  const answer = sut.ask('x', open, question);
  await turn();
  waiting[0](ok(['1']));
  expect(await answer).toEqual(ok(['1']));
  await sut.stop();
  expect(state.stopped).toBe(1);
});

it('opens nothing once it is stopped', async () => {
  const sut = new OpenTestimonies();
  const { open, state } = fake();
  await sut.stop();
  expect(await sut.ask('x', open, question)).toMatchObject({ error: { code: 'TESTIMONY_FAILED' } });
  expect(state.opened).toBe(0);
});
