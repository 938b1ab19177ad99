import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AppConfig } from '../config/index.js';
import { Channels } from './channels/channels.js';
import { Courier } from './delivery/courier.js';
import { bounded, type Notice } from './notice.js';
import { noticeId, NotificationStore } from './store/notification-store.js';
import type { UrgentCall } from './urgent-calls.js';

/** Puts notices to people into the outbox, in the transaction of what they tell of. */
@Injectable()
export class Notifier {
  constructor(
    private readonly config: AppConfig,
    private readonly channels: Channels,
    private readonly store: NotificationStore,
    private readonly courier: Courier,
  ) {}

  /**
   * Tells the first channel, and in time the next ones, unless a notice with the same key is open. Texts beyond their limits
   * are cut.
   * @param call that was made before anything could be written down: the channel that took it is not told again
   * @returns whether it is new; false, too, where no channel is configured or 10,000 notices are open
   */
  async enqueue(manager: EntityManager, notice: Notice, call?: UrgentCall): Promise<boolean> {
    const first = this.channels.all.at(0);
    if (first === undefined) return false;
    return this.store.add(manager, bounded(notice), {
      id: call?.id ?? noticeId(),
      channel: call?.channel ?? first.name,
      told: typeof call?.channel === 'string',
      escalateMinutes: this.config.notifyEscalateMinutes,
    });
  }

  /** Ends the open notice of a key: no further channel is told, and those that were are told of the end. */
  async settle(manager: EntityManager, key: string): Promise<boolean> {
    const told = this.channels.all.filter(({ tellsSettled }) => tellsSettled).map(({ name }) => name);
    return this.store.settle(manager, key.slice(0, 200), told);
  }

  /** Says that a transaction with notices has committed: they leave at once instead of within two seconds. Optional. */
  committed(): void {
    this.courier.wake();
  }
}
