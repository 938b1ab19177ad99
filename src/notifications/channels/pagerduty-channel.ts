import type { NotificationChannel } from './channel.js';
import { postJson } from './post-json.js';
import type { OutgoingNotice } from '../notice.js';

/** What PagerDuty's Events API v2 needs. */
export interface PagerDutySettings {
  readonly url: string;
  readonly key: string;
  readonly allowPrivate: boolean;
}

/** PagerDuty cuts a summary here. */
const MOST_SUMMARY = 1_024;

/** Opens and resolves incidents by PagerDuty's Events API v2 (https://developer.pagerduty.com/docs/events-api-v2-overview). */
export function pagerDutyChannel({ url, key, allowPrivate }: PagerDutySettings): NotificationChannel {
  return {
    name: 'pagerduty',
    target: new URL(url).host,
    tellsSettled: true,
    send: (notice, signal) =>
      postJson({ url, body: JSON.stringify(eventOf(notice, key)), headers: {}, allowPrivate, signal }),
  };
}

function eventOf(notice: OutgoingNotice, key: string): object {
  // The same incident has the same key, so that its end finds its beginning.
  const common = { routing_key: key, dedup_key: notice.id };
  if (notice.event === 'settled') return { ...common, event_action: 'resolve' };
  return {
    ...common,
    event_action: 'trigger',
    client: 'Stemma',
    client_url: notice.link,
    payload: {
      summary: notice.title.slice(0, MOST_SUMMARY),
      source: notice.node,
      severity: notice.severity,
      timestamp: new Date(notice.at).toISOString(),
      component: notice.kind,
      custom_details: { text: notice.text, key: notice.key },
    },
  };
}
