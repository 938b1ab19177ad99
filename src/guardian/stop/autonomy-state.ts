import type { Json } from '../../common/index.js';

/** Whether automatic action, and inference with it, is stopped. */
export interface StopState {
  readonly stopped: boolean;
  /** Whether answers are refused, too. */
  readonly inference: boolean;
  readonly by: string;
  readonly reason: string;
  /** ms since the epoch; null: nobody ever stopped anything. */
  readonly at: number | null;
}

/** Nobody has stopped anything. */
export const RUNNING: StopState = { stopped: false, inference: false, by: '', reason: '', at: null };

/** A stored state; what cannot be read counts as stopped, because nobody can say that it is not. */
export function stopStateOf(value: Json | undefined): StopState {
  if (value === undefined) return RUNNING;
  const { stopped, inference, by, reason, at } = (value ?? {}) as Record<string, Json>;
  return {
    stopped: stopped !== false,
    inference: inference === true,
    by: typeof by === 'string' ? by : 'unknown',
    reason: typeof reason === 'string' ? reason : 'the stored state cannot be read',
    at: typeof at === 'number' ? at : null,
  };
}
