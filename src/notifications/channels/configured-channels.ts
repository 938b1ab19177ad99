import type { AppConfig, NotifyChannel } from '../../config/index.js';
import type { NotificationChannel } from './channel.js';
import { emailChannel } from './email-channel.js';
import { pagerDutyChannel } from './pagerduty-channel.js';
import { slackChannel } from './slack-channel.js';
import { webhookChannel } from './webhook-channel.js';

/** What of a configuration channels are made from. */
export type ChannelSettings = Pick<
  AppConfig,
  | 'notifyChannels'
  | 'notifyWebhookUrl'
  | 'notifyWebhookSecret'
  | 'notifySmtpUrl'
  | 'notifyEmailFrom'
  | 'notifyEmailTo'
  | 'notifySlackUrl'
  | 'notifyPagerdutyKey'
  | 'notifyPagerdutyUrl'
  | 'notifyPrivateAddresses'
>;

type Maker = (settings: ChannelSettings) => NotificationChannel | null;

const MAKERS: Readonly<Record<NotifyChannel, Maker>> = {
  webhook: ({ notifyWebhookUrl: url, notifyWebhookSecret: secret, notifyPrivateAddresses: allowPrivate }) =>
    url === null || secret === null ? null : webhookChannel({ url, secret, allowPrivate }),
  email: ({ notifySmtpUrl: smtpUrl, notifyEmailFrom: from, notifyEmailTo: to }) =>
    smtpUrl === null || from === null || to.length === 0 ? null : emailChannel({ smtpUrl, from, to }),
  slack: ({ notifySlackUrl: url, notifyPrivateAddresses: allowPrivate }) =>
    url === null ? null : slackChannel({ url, allowPrivate }),
  pagerduty: ({ notifyPagerdutyKey: key, notifyPagerdutyUrl: url, notifyPrivateAddresses: allowPrivate }) =>
    key === null ? null : pagerDutyChannel({ url, key, allowPrivate }),
};

/** The channels whose settings are complete, in the order they are tried. */
export function configuredChannels(settings: ChannelSettings): NotificationChannel[] {
  return settings.notifyChannels.map((name) => MAKERS[name](settings)).filter((channel) => channel !== null);
}
