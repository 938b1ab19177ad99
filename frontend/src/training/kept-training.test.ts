import {
  forgetKept,
  keepBeginning,
  keepPoint,
  leftTraining,
  takeKept,
  type KeptBeginning,
  type KeptPoint,
} from './kept-training.js';

class Request extends EventTarget {
  result: unknown = null;
}

interface Cursor {
  readonly key: IDBValidKey;
  readonly value: unknown;
  continue(): void;
}

/** As much of IndexedDB as is used: one store whose transactions come one after the other, each of them whole. */
class Store {
  kept = new Map<IDBValidKey, unknown>();
  private last = Promise.resolve();

  readonly open = () => {
    const request = new Request();
    request.result = { transaction: () => this.transaction(), close: () => undefined };
    setImmediate(() => request.dispatchEvent(new Event('success')));
    return request;
  };

  private transaction() {
    const transaction = Object.assign(new EventTarget(), { error: null, objectStore: () => store });
    const work: (() => void)[] = [];
    let draft = this.kept;
    const asked = (answer: () => unknown) => {
      const request = new Request();
      work.push(() => {
        request.result = answer();
        request.dispatchEvent(new Event('success'));
      });
      return request;
    };
    const openCursor = () => {
      const request = new Request();
      // Numbers come before words.
      const step = (at: number): void => {
        const entry = [...draft].sort(([a], [b]) => (typeof a > typeof b || a > b ? 1 : -1)).at(at);
        const cursor: Cursor | null = entry
          ? { key: entry[0], value: entry[1], continue: () => void work.push(() => step(at + 1)) }
          : null;
        request.result = cursor;
        request.dispatchEvent(new Event('success'));
      };
      work.push(() => step(0));
      return request;
    };
    const store = {
      get: (key: IDBValidKey) => asked(() => draft.get(key)),
      getAllKeys: () => asked(() => [...draft.keys()]),
      put: (value: unknown, key: IDBValidKey) => asked(() => draft.set(key, value)),
      delete: (key: IDBValidKey) => asked(() => draft.delete(key)),
      clear: () => asked(() => draft.clear()),
      openCursor,
    };
    this.last = this.last.then(async () => {
      draft = new Map(this.kept);
      while (work.length > 0) {
        work.shift()?.();
        await new Promise((resolve) => setImmediate(resolve));
      }
      this.kept = draft;
      transaction.dispatchEvent(new Event('complete'));
    });
    return transaction;
  }
}

const beginningOf = (expert: string) =>
  ({ request: { expert }, model: 'genesis@1.0.0', plan: { schedule: { steps: 100 } } }) as KeptBeginning;
const pointAt = (step: number) => ({ progress: {}, state: { step } }) as KeptPoint;
const [MINE, OTHER] = [beginningOf('layer0.expert0'), beginningOf('layer1.expert1')];

describe('the training that a browser keeps', () => {
  let store: Store;
  beforeEach(() => {
    store = new Store();
    Object.defineProperty(globalThis, 'indexedDB', { value: store, configurable: true });
    const locks = { query: () => Promise.resolve({ held: [] }) };
    Object.defineProperty(globalThis, 'navigator', { value: { locks }, configurable: true });
  });
  afterEach(() => {
    Reflect.deleteProperty(globalThis, 'indexedDB');
    Reflect.deleteProperty(globalThis, 'navigator');
  });

  it('is what was kept last, with its states, and gone once it is forgotten', async () => {
    expect(await leftTraining()).toBeNull();
    expect(await takeKept('nobody')).toBeNull();
    expect(store.kept.size).toBe(0);
    await keepBeginning(MINE, 'mine');
    for (const [step, states] of [
      [20, [20]],
      [40, [20, 40]],
      [60, [40]],
    ] as const)
      await keepPoint('mine', MINE, pointAt(step), states);
    const summary = { model: 'genesis@1.0.0', expert: 'layer0.expert0', made: 60, updates: 100 };
    expect(await leftTraining()).toEqual({ ...summary, keeper: 'mine' });
    expect(await takeKept('next')).toEqual({ ...MINE, point: pointAt(60), states: [{ step: 40 }] });
    await forgetKept('next');
    expect(store.kept.size).toBe(0);
  });

  it('is not forgotten by whoever kept another one before', async () => {
    await keepBeginning(MINE, 'mine');
    // The other one begins while the first is being forgotten.
    await Promise.all([forgetKept('mine'), keepBeginning(OTHER, 'other')]);
    await forgetKept('mine');
    expect(await leftTraining()).toMatchObject({ expert: 'layer1.expert1', keeper: 'other' });
    expect(await takeKept('next')).toMatchObject(OTHER);
  });

  it('is not forgotten by whoever kept it before it was taken up', async () => {
    await keepBeginning(MINE, 'mine');
    expect(await takeKept('next')).toMatchObject(MINE);
    await forgetKept('mine');
    expect(await leftTraining()).toMatchObject({ keeper: 'next' });
    await keepPoint('next', MINE, pointAt(20), []);
    expect(await leftTraining()).toMatchObject({ made: 20, keeper: 'next' });
  });

  it('gets no point of another one, and none where it is gone', async () => {
    await keepBeginning(OTHER, 'other');
    const before = new Map(store.kept);
    await expect(keepPoint('mine', MINE, pointAt(20), [20])).rejects.toThrow('gone');
    expect(store.kept).toEqual(before);
    await forgetKept('other');
    await expect(keepPoint('other', OTHER, pointAt(20), [20])).rejects.toThrow('gone');
    expect(store.kept.size).toBe(0);
  });
});
