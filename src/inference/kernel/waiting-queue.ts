import type { Ticket } from './running.js';

/** A request of class `learning` counts as if it had come so much later, ms: from then on it goes before newer ones. */
const LEARNING_HANDICAP_MS = 10_000;
/** So long may others pass a request that the key/value cache has no room for, ms; then all behind it wait with it. */
const PASSING_MS = 5_000;

/**
 * Requests that wait for the engine, in the order in which they have their turn. The order is that of arrival, with a handicap for
 * the lower class, so that nothing waits for ever. A request that needs more key/value cache than is free may be passed by smaller
 * ones for a while; then nobody passes it any more, and it begins as soon as enough of those that run have ended.
 */
export class WaitingQueue {
  private readonly tickets: Ticket[] = [];

  /** Requests that wait. */
  get size(): number {
    return this.tickets.length;
  }

  /** Those that wait, first in turn first. */
  inOrder(): readonly Ticket[] {
    return [...this.tickets];
  }

  add(ticket: Ticket): void {
    let place = this.tickets.length;
    while (place > 0 && rank(this.tickets[place - 1]) > rank(ticket)) place--;
    this.tickets.splice(place, 0, ticket);
  }

  /** Takes a request out; one that does not wait is ignored. */
  remove(ticket: Ticket): void {
    const place = this.tickets.indexOf(ticket);
    if (place >= 0) this.tickets.splice(place, 1);
  }

  /** The request of that number, if it waits. */
  find(id: number): Ticket | undefined {
    return this.tickets.find((ticket) => ticket.id === id);
  }

  /** Those that have waited longer than they may. */
  expired(now: number): Ticket[] {
    return this.tickets.filter(({ work, submitted }) => now - submitted > (work.maxWaitMs ?? Infinity));
  }
}

/** Whether others may go before a request that has its turn but no room. */
export function mayBePassed(ticket: Ticket, now: number): boolean {
  ticket.blockedSince ??= now;
  return now - ticket.blockedSince < PASSING_MS;
}

function rank({ work, submitted }: Ticket): number {
  return submitted + (work.priority === 'learning' ? LEARNING_HANDICAP_MS : 0);
}
