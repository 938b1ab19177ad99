import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { StemmaEvents } from '../common/index.js';

/** What a module writes in the transaction of a change that another module makes; may run again with that transaction. */
export type JoinedWrite<K extends keyof StemmaEvents> = (
  manager: EntityManager,
  event: StemmaEvents[K],
) => Promise<void>;

type Writes = { [K in keyof StemmaEvents]?: JoinedWrite<K>[] };

/**
 * Lets modules that do not know each other write in one transaction, so that a change and what follows from it are both there
 * or neither. Events of the bus come after the commit and may be lost; these cannot.
 */
@Injectable()
export class JoinedWrites {
  private readonly writes: Writes = {};

  /** Joins every transaction that tells of this event, from now on. */
  join<K extends keyof StemmaEvents>(name: K, write: JoinedWrite<K>): void {
    const known = this.writes[name] as JoinedWrite<K>[] | undefined;
    this.writes[name] = [...(known ?? []), write] as Writes[K];
  }

  /** Writes what others joined, one after the other; what one of them throws undoes the transaction. */
  async write<K extends keyof StemmaEvents>(
    manager: EntityManager,
    name: K,
    event: StemmaEvents[K],
  ): Promise<void> {
    const joined = this.writes[name] as JoinedWrite<K>[] | undefined;
    for (const each of joined ?? []) await each(manager, event);
  }
}
