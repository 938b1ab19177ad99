import { canonicalJson, systemClock } from '../../common/index.js';
import type { NotificationChannel } from './channel.js';
import { postJson } from './post-json.js';
import { signBody } from './signature.js';
import type { OutgoingNotice } from '../notice.js';

/** What a webhook needs. */
export interface WebhookSettings {
  readonly url: string;
  readonly secret: string;
  readonly allowPrivate: boolean;
}

/** Posts notices as signed JSON (docs/formats/notification.md). */
export function webhookChannel({ url, secret, allowPrivate }: WebhookSettings): NotificationChannel {
  return {
    name: 'webhook',
    target: new URL(url).host,
    tellsSettled: true,
    send: (notice, signal) => {
      const body = webhookBody(notice);
      const timestamp = Math.floor(systemClock.now() / 1000);
      const headers = {
        'stemma-timestamp': String(timestamp),
        'stemma-signature': `v1=${signBody(secret, timestamp, body)}`,
        'idempotency-key': `${notice.id}/${notice.event}`,
      };
      return postJson({ url, body, headers, allowPrivate, signal });
    },
  };
}

/** The body, canonical JSON. */
export function webhookBody(notice: OutgoingNotice): string {
  const { id, event, key, kind, severity, title, text, link, node, at } = notice;
  return canonicalJson({
    ...{ format: 'stemma.notification.v1', id, event, key, kind, severity, title, text, link, node },
    at: new Date(at).toISOString(),
    needs_answer: notice.needsAnswer,
  });
}
