import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { messageOf } from '../../common/index.js';
import { DecisionStore } from '../store/decision-store.js';

/** How long this process answers for a late action after it last said so, ms; and how often it says so. */
const LEASE_MS = 15_000;
const RENEW_MS = LEASE_MS / 3;

/**
 * Actions that go on although they were told to stop. As long as this process lives nobody else takes back what they do; when
 * one has ended, what is to follow does. When the process dies, the action died with it, and whoever finds it takes it back.
 */
@Injectable()
export class LateActions implements OnModuleDestroy {
  private readonly logger = new Logger('Decisions');
  private readonly renewals = new Map<string, NodeJS.Timeout>();

  constructor(private readonly store: DecisionStore) {}

  onModuleDestroy(): void {
    for (const timer of this.renewals.values()) clearInterval(timer);
    this.renewals.clear();
  }

  /** Waits beside everything else. @param follow what is done when it has ended */
  watch(id: string, ended: Promise<void>, follow: () => Promise<unknown>): void {
    const timer = setInterval(() => {
      this.store.lease(id, LEASE_MS).catch((thrown: unknown) => this.complain(id, thrown));
    }, RENEW_MS);
    timer.unref();
    this.renewals.set(id, timer);
    void ended
      .then(() => {
        clearInterval(timer);
        // Nothing follows in a process that is ending: the next one sees to it.
        return this.renewals.delete(id) ? follow() : undefined;
      })
      .catch((thrown: unknown) => this.complain(id, thrown));
  }

  private complain(id: string, thrown: unknown): void {
    this.logger.warn(`the late decision ${id} could not be looked after: ${messageOf(thrown)}`);
  }
}
