import { AsyncLocalStorage } from 'node:async_hooks';
import { isDatabaseUnavailable } from './unavailability.js';

/** Is told that a connection was lost in work whose promise nobody watches. */
export type LossListener = (thrown: Error) => void;

const listeners = new AsyncLocalStorage<LossListener>();
let watching = false;

/**
 * Does something for a library that leaves promises unwatched: a rejection among them, then or later, that means that the database is
 * away ends at the listener. Everything else nobody catches ends the process as ever. (graphile-worker marks jobs as done or failed
 * that way; without this a PostgreSQL that is killed at that moment would take the server along.)
 */
export function survivingLostConnections<T>(told: LossListener, work: () => T): T {
  if (!watching) process.on('unhandledRejection', judge);
  watching = true;
  return listeners.run(told, work);
}

/** Node runs this in the context of the promise that was rejected. */
function judge(reason: unknown): void {
  const told = listeners.getStore();
  if (told === undefined || !(reason instanceof Error) || !isDatabaseUnavailable(reason)) throw reason;
  told(reason);
}
