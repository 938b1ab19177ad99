import { err, messageOf, type Result } from '../../common/index.js';
import type { AppConfig } from '../../config/index.js';
import { failed, type NotificationChannel } from '../channels/channel.js';
import type { OutgoingNotice } from '../notice.js';

/** Longest time one attempt may take, ms; well below the lease of a delivery. */
export const SEND_DEADLINE_MS = 15_000;

/** Sends within the deadline; what a channel throws is a refusal like any other, and its text is not shown. */
export async function sendInTime(
  channel: NotificationChannel,
  notice: OutgoingNotice,
  stopping: AbortSignal,
  deadlineMs = SEND_DEADLINE_MS,
): Promise<Result<void>> {
  const signal = AbortSignal.any([stopping, AbortSignal.timeout(deadlineMs)]);
  try {
    return await channel.send(notice, signal);
  } catch (thrown) {
    return err(failed(`${channel.name}: ${messageOf(thrown).slice(0, 200)}`));
  }
}

/** Address of a page of the dashboard, as people reach this server. */
export function pageAddress({ publicUrl, host, port }: AppConfig, path: string): string {
  const base = publicUrl ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return new URL(path, base).href;
}
