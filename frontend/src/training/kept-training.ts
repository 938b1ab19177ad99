import type { RunProgress } from '../../../src/learning/run/training-run.js';
import type { TrainerState } from '../../../src/learning/trainer/trainer.js';
import type { TrainingPlan } from '../../../src/learning/trainer/training-plan.js';
import type { TrainingRequest } from './protocol.js';

const DATABASE = 'stemma-training';
const STORE = 'kept';
const LOCK = 'stemma-training';
/** How long a tab waits for its turn, ms: a training of its own that was ended a moment ago may have it still. */
const TURN_MS = 2_000;
const [BEGINNING, POINT, SUMMARY, KEEPER] = ['beginning', 'point', 'summary', 'keeper'];

/** What a training was begun with: it goes on only with the same. */
export interface KeptBeginning {
  readonly request: TrainingRequest;
  /** `genesis@1.0.0` */
  readonly model: string;
  /** Hash of the release block. */
  readonly release: string;
  /** SHA-256 of the training kernel, and of the data. */
  readonly kernel: string;
  readonly data: string;
  readonly plan: TrainingPlan;
}

/** A point that a training can be taken up from. */
export interface KeptPoint {
  readonly progress: RunProgress;
  readonly state: TrainerState;
}

/** A training as this browser keeps it. */
export interface KeptTraining extends KeptBeginning {
  /** Null: it is taken up from its beginning. */
  readonly point: KeptPoint | null;
  /** States on the way, oldest first. */
  readonly states: readonly TrainerState[];
}

/** What is said of a kept training before it is taken up. */
export interface KeptSummary {
  readonly model: string;
  readonly expert: string;
  /** Updates behind the point, and of the plan. */
  readonly made: number;
  readonly updates: number;
}

/** A kept training that no tab works on. */
export interface LeftTraining extends KeptSummary {
  /** Who kept it: another one begins, or takes it up, under another id. */
  readonly keeper: string;
}

/** What was told to go and may not be gone yet. */
let forgetting: Promise<unknown> = Promise.resolve();

/**
 * Waits for this worker's turn to keep a training: a browser keeps one. It has it until it ends.
 * @returns why it gets none; null: it has it
 */
export async function takeTurn(): Promise<string | null> {
  // Only pages that came over https or from this machine have locks.
  const locks = (globalThis.navigator as Partial<Navigator>).locks;
  if (locks === undefined) return 'this page did not come over https';
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(TURN_MS);
    const held = () => {
      resolve(null);
      return new Promise<never>(() => undefined);
    };
    locks
      .request(LOCK, { signal }, held)
      .catch(() => resolve('another tab of this browser keeps its training'));
  });
}

/**
 * Keeps a training from its beginning on, in place of what was kept before. Throws what the browser refuses with.
 * @param keeper id that is new: only what was kept under it is changed or forgotten under it
 */
export function keepBeginning(beginning: KeptBeginning, keeper: string): Promise<void> {
  return change((store) => {
    store.clear();
    store.put(keeper, KEEPER);
    store.put(beginning, BEGINNING);
    store.put(summaryOf(beginning, 0), SUMMARY);
  });
}

/**
 * Keeps a point, whole or not at all: nothing where what this keeper kept is no longer there, which throws as what the browser refuses does.
 * @param states updates behind the states on the way that are kept besides
 */
export async function keepPoint(
  keeper: string,
  beginning: KeptBeginning,
  point: KeptPoint,
  states: readonly number[],
): Promise<void> {
  const { state } = point;
  const own = await changeOwn(keeper, (store) => {
    store.put(point, POINT);
    store.put(summaryOf(beginning, state.step), SUMMARY);
    if (states.includes(state.step)) store.put(state, state.step);
    const keys = store.getAllKeys();
    keys.addEventListener('success', () => {
      for (const key of keys.result) if (typeof key === 'number' && !states.includes(key)) store.delete(key);
    });
  });
  if (!own) throw new Error('what was kept of it is gone');
}

/**
 * The training that is kept here; null: there is none. Throws what the browser refuses with.
 * @param keeper id that is new, whose it is from now on: who kept it before can no longer forget it
 */
export async function takeKept(keeper: string): Promise<KeptTraining | null> {
  await forgetting;
  const found = new Map<IDBValidKey, unknown>();
  await change((store) => {
    const cursor = store.openCursor();
    cursor.addEventListener('success', () => {
      if (cursor.result === null) {
        if (found.has(BEGINNING)) store.put(keeper, KEEPER);
        return;
      }
      found.set(cursor.result.key, cursor.result.value);
      cursor.result.continue();
    });
  });
  const beginning = found.get(BEGINNING) as KeptBeginning | undefined;
  if (beginning === undefined) return null;
  // Numbers come before words, and rise.
  const states = [...found].flatMap(([key, state]) =>
    typeof key === 'number' ? [state as TrainerState] : [],
  );
  return { ...beginning, point: (found.get(POINT) as KeptPoint | undefined) ?? null, states };
}

/** What is kept here and no tab works on; null: nothing. A browser that keeps nothing has nothing. */
export async function leftTraining(): Promise<LeftTraining | null> {
  try {
    await forgetting;
    const { held = [] } = await globalThis.navigator.locks.query();
    if (held.some(({ name }) => name === LOCK)) return null;
    const found: { summary?: unknown; keeper?: unknown } = {};
    await inStore('readonly', (store) => {
      const [summary, keeper] = [store.get(SUMMARY), store.get(KEEPER)];
      summary.addEventListener('success', () => (found.summary = summary.result));
      keeper.addEventListener('success', () => (found.keeper = keeper.result));
    });
    const summary = found.summary as KeptSummary | undefined;
    return summary === undefined ? null : { ...summary, keeper: found.keeper as string };
  } catch {
    return null;
  }
}

/** Forgets what this keeper has kept here; what another one keeps stays. */
export function forgetKept(keeper: string): Promise<unknown> {
  forgetting = changeOwn(keeper, (store) => store.clear()).catch(() => undefined);
  return forgetting;
}

function summaryOf({ request, model, plan }: KeptBeginning, made: number): KeptSummary {
  return { model, expert: request.expert, made, updates: plan.schedule.steps };
}

function change(work: (store: IDBObjectStore) => unknown): Promise<void> {
  return inStore('readwrite', work);
}

/** Changes what this keeper keeps, in the transaction that looks whether it is still there. @returns whether it is */
async function changeOwn(keeper: string, work: (store: IDBObjectStore) => unknown): Promise<boolean> {
  let own = false;
  await change((store) => {
    const found = store.get(KEEPER);
    found.addEventListener('success', () => {
      own = found.result === keeper;
      if (own) work(store);
    });
  });
  return own;
}

/** Resolves when all of the work is kept, not before. */
async function inStore(mode: IDBTransactionMode, work: (store: IDBObjectStore) => unknown): Promise<void> {
  const database = await opened();
  try {
    const transaction = database.transaction(STORE, mode);
    const ended = completed(transaction);
    work(transaction.objectStore(STORE));
    await ended;
  } finally {
    database.close();
  }
}

function opened(): Promise<IDBDatabase> {
  const request = globalThis.indexedDB.open(DATABASE, 1);
  request.addEventListener('upgradeneeded', () => request.result.createObjectStore(STORE));
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error ?? new Error('no reason was given')));
  });
}

function completed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.addEventListener('complete', () => resolve());
    transaction.addEventListener('abort', () =>
      reject(transaction.error ?? new Error('no reason was given')),
    );
  });
}
