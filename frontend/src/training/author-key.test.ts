import { authorKey, keyText, replaceAuthorKey, stillAuthorKey } from './author-key.js';

class Request extends EventTarget {
  result: unknown;
}

/** As much of IndexedDB as is used: one store whose transactions come one after the other and are kept when they are complete. */
class Store {
  kept = new Map<string, unknown>();
  full = false;
  private last = Promise.resolve();

  readonly open = () => {
    const request = new Request();
    request.result = { transaction: () => this.transaction(), close: () => undefined };
    setImmediate(() => request.dispatchEvent(new Event('success')));
    return request;
  };

  private transaction() {
    const transaction = Object.assign(new EventTarget(), {
      error: new Error('full'),
      objectStore: () => store,
    });
    const work: (() => void)[] = [];
    const draft: [string, unknown][] = [];
    const asked = (answer: () => unknown) => {
      const request = new Request();
      work.push(() => {
        request.result = answer();
        request.dispatchEvent(new Event('success'));
      });
      return request;
    };
    const store = {
      get: (name: string) => asked(() => this.kept.get(name)),
      put: (value: unknown, name: string) => asked(() => draft.push([name, value])),
    };
    this.last = this.last.then(async () => {
      while (work.length > 0) {
        work.shift()?.();
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (!this.full) for (const [name, value] of draft) this.kept.set(name, value);
      transaction.dispatchEvent(new Event(this.full ? 'abort' : 'complete'));
    });
    return transaction;
  }
}

describe('the key of this browser', () => {
  let store: Store;
  beforeEach(() => {
    store = new Store();
    Object.defineProperty(globalThis, 'indexedDB', { value: store, configurable: true });
  });
  afterEach(() => Reflect.deleteProperty(globalThis, 'indexedDB'));

  it('is the same for two tabs that ask for it at once, and ever after', async () => {
    const [one, other] = await Promise.all([authorKey(), authorKey()]);
    expect(keyText(one)).toBe(keyText(other));
    expect(keyText(await authorKey())).toBe(keyText(one));
  });

  it('is not one that was not kept in the end', async () => {
    store.full = true;
    await expect(authorKey()).rejects.toMatchObject({ code: 'KEY_STORE' });
    await expect(replaceAuthorKey('1'.repeat(64))).rejects.toMatchObject({ code: 'KEY_STORE' });
    expect(store.kept.size).toBe(0);
  });

  it('signs nothing once another one is kept', async () => {
    const shown = await authorKey();
    expect(await stillAuthorKey(shown)).toBe(shown);
    const other = await replaceAuthorKey('1'.repeat(64));
    await expect(stillAuthorKey(shown)).rejects.toMatchObject({ code: 'KEY_CHANGED' });
    expect(await stillAuthorKey(other)).toBe(other);
  });
});
