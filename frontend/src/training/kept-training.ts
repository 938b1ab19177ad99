import type { RunProgress } from '../../../src/learning/run/training-run.js';
import type { TrainerState } from '../../../src/learning/trainer/trainer.js';
import type { TrainingPlan } from '../../../src/learning/trainer/training-plan.js';
import type { TrainingRequest } from './protocol.js';

const DATABASE = 'stemma-training';
const STORE = 'kept';
const LOCK = 'stemma-training';
/** How long a tab waits for its turn, ms: a training of its own that was ended a moment ago may have it still. */
const TURN_MS = 2_000;
const [BEGINNING, POINT, SUMMARY] = ['beginning', 'point', 'summary'];

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

/** Keeps a training from its beginning on, in place of what was kept before. Throws what the browser refuses with. */
export function keepBeginning(beginning: KeptBeginning): Promise<void> {
  return change((store) => {
    store.clear();
    store.put(beginning, BEGINNING);
    store.put(summaryOf(beginning, 0), SUMMARY);
  });
}

/** Keeps a point, whole or not at all. @param states updates behind the states on the way that are kept besides */
export async function keepPoint(
  beginning: KeptBeginning,
  point: KeptPoint,
  states: readonly number[],
): Promise<void> {
  const { state } = point;
  await change((store) => {
    store.put(point, POINT);
    store.put(summaryOf(beginning, state.step), SUMMARY);
    if (states.includes(state.step)) store.put(state, state.step);
    const keys = store.getAllKeys();
    keys.addEventListener('success', () => {
      for (const key of keys.result) if (typeof key === 'number' && !states.includes(key)) store.delete(key);
    });
  });
}

/** The training that is kept here; null: there is none. Throws what the browser refuses with. */
export async function readKept(): Promise<KeptTraining | null> {
  await forgetting;
  const found = new Map<IDBValidKey, unknown>();
  await inStore('readonly', (store) => {
    const cursor = store.openCursor();
    cursor.addEventListener('success', () => {
      if (cursor.result === null) return;
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
export async function leftTraining(): Promise<KeptSummary | null> {
  try {
    await forgetting;
    const { held = [] } = await globalThis.navigator.locks.query();
    if (held.some(({ name }) => name === LOCK)) return null;
    let found: unknown;
    await inStore('readonly', (store) => {
      const kept = store.get(SUMMARY);
      kept.addEventListener('success', () => (found = kept.result));
    });
    return (found as KeptSummary | undefined) ?? null;
  } catch {
    return null;
  }
}

/** Forgets what is kept here. */
export function forgetKept(): Promise<unknown> {
  forgetting = change((store) => store.clear()).catch(() => undefined);
  return forgetting;
}

function summaryOf({ request, model, plan }: KeptBeginning, made: number): KeptSummary {
  return { model, expert: request.expert, made, updates: plan.schedule.steps };
}

function change(work: (store: IDBObjectStore) => unknown): Promise<void> {
  return inStore('readwrite', work);
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
