import type { Problem } from '../api/problem.js';
import type { TrainerCommand, TrainerReport, TrainingRequest } from './protocol.js';
import { TrainingDesk } from './training-desk.js';
import { atStake, remaining } from './training-state.js';

const REQUEST: TrainingRequest = {
  ...{ model: 'genesis', expert: 'layer0.expert0', data: new Blob(['{}']), minutes: 1, steps: null },
  ...{ learningRate: 0.001, batchTokens: 2048, seed: '1', threads: 1, datasets: [] },
};
const WISH = { secretKey: new Uint8Array(32), domains: [], difficulty: 0 };
const SIGNED = { type: 'signed', submission: { signature: 'ab' } } as unknown as TrainerReport;

/** A worker that does nothing by itself. */
class StandIn extends EventTarget {
  readonly commands: TrainerCommand[] = [];
  ended = false;

  postMessage(command: TrainerCommand): void {
    this.commands.push(command);
  }

  terminate(): void {
    this.ended = true;
  }

  tells(...reports: TrainerReport[]): void {
    for (const data of reports) this.dispatchEvent(new MessageEvent('message', { data }));
  }
}

function deskAt(...reports: TrainerReport[]) {
  const workers: StandIn[] = [];
  const forgotten: string[] = [];
  const createWorker = () => {
    workers.push(new StandIn());
    return workers[workers.length - 1] as unknown as Worker;
  };
  const sut = new TrainingDesk(createWorker, (keeper) => forgotten.push(keeper));
  sut.start(REQUEST);
  workers[0].tells(...reports);
  return { sut, workers, worker: workers[0], forgotten };
}

const keptBy = (keeper: string, made: number): TrainerReport => ({ type: 'kept', keeper, made });
const REFUSED: TrainerReport = { type: 'refused', code: 'NETWORK', detail: 'the server does not answer' };
const BEGUN: TrainerReport = { type: 'begun', updates: 100, losses: [], looks: [] };

describe('the training of a tab', () => {
  it('counts updates and foretells its end from them, or from the time that is left', () => {
    const { sut, worker } = deskAt(BEGUN);
    expect(remaining(sut.current())).toBeNull();
    worker.tells({ type: 'updates', losses: [3, 2], activeMs: 1000 });
    expect(sut.current()).toMatchObject({ phase: 'training', made: 2, lastLoss: 2, updates: 100 });
    expect(remaining(sut.current())).toBe(49_000);
    worker.tells({ type: 'updates', losses: [1], activeMs: 59_000 });
    expect(remaining(sut.current())).toBe(1000);
  });

  it('tells the worker to pause, go on and stop, each only when it makes sense', () => {
    const { sut, worker } = deskAt(BEGUN);
    sut.resume();
    sut.pause();
    sut.pause();
    expect(sut.current().phase).toBe('paused');
    sut.resume();
    sut.stop();
    expect(worker.commands.map(({ type }) => type)).toEqual(['start', 'pause', 'resume', 'stop']);
    expect(worker.ended).toBe(false);
  });

  it('is forgotten when it is stopped before its first update, or another one begins', () => {
    const { sut, worker, workers } = deskAt();
    sut.stop();
    expect([sut.current().phase, worker.ended]).toEqual(['none', true]);
    sut.start(REQUEST);
    sut.start(REQUEST);
    expect(workers.map(({ ended }) => ended)).toEqual([true, true, false]);
  });

  it('goes on with what is kept, from the figures it had, and forgets that when it is forgotten', () => {
    const { sut, workers, forgotten } = deskAt(BEGUN, keptBy('first', 20));
    // Another one that begins takes the place of what is kept by itself.
    sut.takeUp();
    expect([forgotten, workers[0].ended, sut.current().request]).toEqual([[], true, null]);
    expect(workers[1].commands).toMatchObject([{ type: 'take up' }]);
    workers[1].tells(keptBy('second', 20), { type: 'taken up', request: REQUEST });
    // Stopped before it goes on, it is only left again.
    sut.stop();
    expect([forgotten, sut.current().phase]).toEqual([[], 'none']);

    sut.takeUp();
    workers[2].tells(
      keptBy('third', 20),
      { type: 'taken up', request: REQUEST },
      { ...BEGUN, losses: [3, 2], looks: [{ step: 0, loss: 4 }] },
      { type: 'updates', losses: [1], activeMs: 1000 },
      keptBy('third', 40),
    );
    expect(sut.current()).toMatchObject({ made: 3, madeBefore: 2, lastLoss: 1, request: REQUEST });
    expect(sut.current().kept).toEqual({ keeper: 'third', made: 40 });
    expect(remaining(sut.current())).toBe(59_000);
    sut.forget();
    expect([forgotten, sut.current().phase]).toEqual([['third'], 'none']);
  });

  it('forgets what is kept once its submission is judged, and what another tab keeps never', () => {
    const { sut, forgotten } = deskAt(BEGUN, keptBy('first', 20));
    sut.handedIn(sut.current().number, 'submission_1');
    sut.judged('submission_1');
    expect(forgotten).toEqual(['first']);
    sut.forget();
    expect(forgotten).toEqual(['first']);
    const other = deskAt(BEGUN, { type: 'not kept', detail: 'another tab' });
    other.sut.forget();
    expect(other.forgotten).toEqual([]);
  });

  it('has what is kept at stake where it cannot go on, until it is taken up again or forgotten', () => {
    const { sut, workers, forgotten } = deskAt(keptBy('first', 20), REFUSED);
    expect([sut.current().phase, atStake(sut.current())]).toEqual(['refused', 'left']);
    sut.takeUp();
    expect([forgotten, atStake(sut.current())]).toEqual([[], null]);
    workers[1].tells(keptBy('second', 20), BEGUN);
    workers[1].dispatchEvent(new Event('error'));
    expect([sut.current().phase, atStake(sut.current())]).toEqual(['refused', 'left']);
    sut.forget();
    expect([forgotten, atStake(sut.current())]).toEqual([['second'], null]);
    expect(atStake(deskAt(REFUSED).sut.current())).toBeNull();
  });

  it('ends with the refusal of its worker, or with its crash', () => {
    const refused = deskAt({ type: 'refused', code: 'DATASET_JSON', detail: 'line 3: no' });
    expect(refused.sut.current()).toMatchObject({ phase: 'refused', problem: { code: 'DATASET_JSON' } });
    expect(refused.worker.ended).toBe(true);
    const crashed = deskAt(BEGUN);
    crashed.worker.dispatchEvent(new Event('error'));
    expect(crashed.sut.current()).toMatchObject({ phase: 'refused', problem: { code: 'TRAINING_CRASHED' } });
  });

  it('signs, one at a time, or says why not', async () => {
    const { sut, worker } = deskAt(BEGUN);
    const outcomes: string[] = [];
    void sut.sign(WISH).then(({ submission }) => outcomes.push(submission.signature));
    const tooMuch = sut.sign(WISH).catch(({ code }: Problem) => outcomes.push(code));
    worker.tells(SIGNED);
    await tooMuch;
    await new Promise((resolve) => setImmediate(resolve));
    expect(outcomes.sort()).toEqual(['TRAINING_OPTIONS', 'ab']);
    const second = sut.sign(WISH);
    worker.tells({ type: 'not done', code: 'BLOCK_WORK', detail: 'no' });
    await expect(second).rejects.toMatchObject({ code: 'BLOCK_WORK' });
    expect(sut.current().phase).toBe('training');
    sut.handedIn(1, 'submission_1');
    const third = sut.show('submission_1', [0]);
    sut.forget();
    await expect(third).rejects.toMatchObject({ code: 'TRAINING_OPTIONS' });
  });

  it('remembers as what it was handed in until it is forgotten', () => {
    const { sut } = deskAt(BEGUN);
    sut.handedIn(1, 'submission_1');
    expect(sut.current()).toMatchObject({ submission: 'submission_1', judged: false });
    sut.judged('submission_2');
    expect(sut.current().judged).toBe(false);
    sut.judged('submission_1');
    expect(sut.current().judged).toBe(true);
    sut.forget();
    expect(sut.current()).toMatchObject({ submission: null, judged: false });
  });

  it('takes no submission of an earlier training for that of the present one, and shows it nothing', async () => {
    const { sut, worker, workers } = deskAt(BEGUN);
    const signing = sut.sign(WISH);
    worker.tells(SIGNED);
    const { training } = await signing;
    // Sent in a tab that has begun another training meanwhile, or has none.
    sut.start(REQUEST);
    sut.handedIn(training, 'submission_1');
    expect(sut.current().submission).toBeNull();
    const showing = sut.show('submission_1', [0]);
    workers[1].tells({ type: 'not done', code: 'OPENING_TRAINING', detail: 'other documents' });
    await expect(showing).rejects.toMatchObject({ code: 'TRAINING_OPTIONS' });
    sut.handedIn(sut.current().number, 'submission_2');
    expect(workers[1].commands.map(({ type }) => type)).toEqual(['start']);
    sut.forget();
    sut.handedIn(training, 'submission_1');
    expect(sut.current().submission).toBeNull();
  });

  it('hears nothing of a worker whose training is forgotten', () => {
    const { sut, worker } = deskAt(BEGUN);
    sut.start(REQUEST);
    worker.tells(BEGUN);
    worker.dispatchEvent(new Event('error'));
    expect(sut.current().phase).toBe('preparing');
  });
});
