import type { NotificationChannel } from './channel.js';
import { postJson } from './post-json.js';
import { headline } from './wording.js';

/** What Slack's incoming webhook needs. */
export interface SlackSettings {
  readonly url: string;
  readonly allowPrivate: boolean;
}

/** Posts notices to a Slack channel by an incoming webhook (https://api.slack.com/messaging/webhooks). */
export function slackChannel({ url, allowPrivate }: SlackSettings): NotificationChannel {
  return {
    name: 'slack',
    target: new URL(url).host,
    tellsSettled: true,
    send: (notice, signal) => {
      const text = `*${escaped(headline(notice))}*\n${escaped(notice.text)}\n<${notice.link}|${escaped(notice.node)}>`;
      // What a notice quotes must not call a whole workspace: without `parse`, and with the three signs escaped, it cannot.
      const body = JSON.stringify({ text, unfurl_links: false, unfurl_media: false });
      return postJson({ url, body, headers: {}, allowPrivate, signal });
    },
  };
}

/** The three characters that mean something in Slack's text. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
