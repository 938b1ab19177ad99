import { CodedError, type Result } from '../../common/index.js';
import type { NotifyChannel } from '../../config/index.js';
import type { OutgoingNotice } from '../notice.js';

/** A way to reach a person. Every adapter passes the compliance suite in `test/compliance/notification-channel.ts`. */
export interface NotificationChannel {
  readonly name: NotifyChannel;
  /** Where it leads, without anything secret: a host, or recipients. */
  readonly target: string;
  /** Whether the receiver wants to know that a notice is settled. */
  readonly tellsSettled: boolean;
  /**
   * Sends a notice; a repetition of the same id does no harm. Refusals: `NOTIFY_REJECTED` (422: the receiver will never take
   * it) and `NOTIFY_FAILED` (502, worth another attempt). Their texts hold no secret.
   */
  send(notice: OutgoingNotice, signal: AbortSignal): Promise<Result<void>>;
}

/** The receiver said no, and will again. */
export function rejected(detail: string): CodedError {
  return new CodedError('NOTIFY_REJECTED', detail);
}

/** The receiver did not take it this time. */
export function failed(detail: string): CodedError {
  return new CodedError('NOTIFY_FAILED', detail, {}, 502);
}
