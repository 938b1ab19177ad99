import { createHmac } from 'node:crypto';
import {
  notificationChannelCompliance,
  outgoingNotice,
} from '../../../test/compliance/notification-channel.js';
import { startHttpReceiver, startMailReceiver, type Receiver } from '../../../test/support/receivers.js';
import { testConfig } from '../../../test/support/test-config.js';
import { Channels } from './channels.js';
import { configuredChannels } from './configured-channels.js';
import { emailChannel } from './email-channel.js';
import { pagerDutyChannel } from './pagerduty-channel.js';
import { isSigned, signBody } from './signature.js';
import { slackChannel } from './slack-channel.js';
import { webhookChannel } from './webhook-channel.js';

const SECRET = 'a-secret-of-some-length';
const never = new AbortController().signal;

const webhook = (host: string, allowPrivate = true) =>
  webhookChannel({ url: `http://${host}/secret-hook`, secret: SECRET, allowPrivate });
const slack = (host: string) => slackChannel({ url: `http://${host}/secret/T0`, allowPrivate: true });
const pagerDuty = (host: string) =>
  pagerDutyChannel({ url: `http://${host}/v2/enqueue`, key: 'secret-key', allowPrivate: true });
const email = (host: string) =>
  emailChannel({
    ...{ smtpUrl: `smtp://user:secret@${host}`, from: 'stemma@node.example' },
    to: ['ada@example.com', 'grace@example.com'],
  });

notificationChannelCompliance('webhook', startHttpReceiver, webhook);
notificationChannelCompliance('Slack', startHttpReceiver, slack);
notificationChannelCompliance('PagerDuty', startHttpReceiver, pagerDuty);
notificationChannelCompliance('e-mail', startMailReceiver, email);

describe('what each channel says', () => {
  let receiver: Receiver;
  beforeEach(async () => {
    receiver = await startHttpReceiver();
  });
  afterEach(() => receiver.close());

  it('webhook: a body whose signature anyone with the secret can check', async () => {
    await webhook(receiver.host).send(outgoingNotice(), never);
    const [{ headers, body }] = receiver.received;
    const timestamp = String(headers['stemma-timestamp']);
    const right = createHmac('sha256', SECRET).update(`${timestamp}.${body}`).digest('hex');
    expect(headers['stemma-signature']).toBe(`v1=${right}`);
    expect(headers['idempotency-key']).toBe(`note_${'a'.repeat(32)}/raised`);
    expect(JSON.parse(body)).toEqual({
      ...{ format: 'stemma.notification.v1', id: `note_${'a'.repeat(32)}`, event: 'raised', key: 'alert:7' },
      ...{ kind: 'alert', severity: 'critical', title: 'The disk is <full> & slow', node: 'node-1' },
      ...{ text: 'Nothing can be written.', link: 'https://stemma.example/monitoring', needs_answer: true },
      at: '2025-10-09T08:53:20.000Z',
    });
  });

  it('webhook: into no private net unless that is allowed', async () => {
    const result = await webhook(receiver.host, false).send(outgoingNotice(), never);
    expect(result).toMatchObject({ error: { code: 'NOTIFY_REJECTED' } });
    const named = webhookChannel({ url: 'http://localhost:1/', secret: SECRET, allowPrivate: false });
    expect(await named.send(outgoingNotice(), never)).toMatchObject({ error: { code: 'NOTIFY_REJECTED' } });
    expect(receiver.received).toEqual([]);
  });

  it('Slack: text in which nothing quoted is a command', async () => {
    await slack(receiver.host).send(outgoingNotice({ text: '<!channel> come' }), never);
    const { text } = JSON.parse(receiver.received[0].body) as { text: string };
    expect(text).toContain('The disk is &lt;full&gt; &amp; slow');
    expect(text).toContain('&lt;!channel&gt; come');
    expect(text).toContain('<https://stemma.example/monitoring|node-1>');
  });

  it('PagerDuty: an incident and its end under one key', async () => {
    const channel = pagerDuty(receiver.host);
    await channel.send(outgoingNotice(), never);
    await channel.send(outgoingNotice({ event: 'settled' }), never);
    const [opened, closed] = receiver.received.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
    expect(opened).toMatchObject({
      ...{ routing_key: 'secret-key', event_action: 'trigger', dedup_key: closed.dedup_key },
      payload: { summary: 'The disk is <full> & slow', source: 'node-1', severity: 'critical' },
    });
    expect(closed).toMatchObject({ event_action: 'resolve' });
  });

  it('e-mail: to all recipients, and no header can be forged by a title', async () => {
    const mail = await startMailReceiver();
    await email(mail.host).send(outgoingNotice({ title: 'full\r\nBcc: eve@example.com' }), never);
    const [{ headers }] = mail.received;
    await mail.close();
    expect(headers.to).toBe('ada@example.com, grace@example.com');
    expect(headers.bcc).toBeUndefined();
    expect(headers.subject).toContain('[node-1] critical: full');
  });
});

describe('a signature', () => {
  const signed = (timestamp: number) => ({
    timestamp,
    body: '{}',
    signature: signBody(SECRET, timestamp, '{}'),
  });

  it('holds for the body, the secret and some minutes', () => {
    expect(isSigned(SECRET, signed(1000), 1000)).toBe(true);
    expect(isSigned(SECRET, signed(1000), 1300)).toBe(true);
    expect(isSigned(SECRET, signed(1000), 1301)).toBe(false);
    expect(isSigned('another-secret', signed(1000), 1000)).toBe(false);
    expect(isSigned(SECRET, { ...signed(1000), body: '{ }' }, 1000)).toBe(false);
    expect(isSigned(SECRET, { ...signed(1000), timestamp: 1001 }, 1001)).toBe(false);
    expect(isSigned(SECRET, { ...signed(1000), signature: 'zz' }, 1000)).toBe(false);
    expect(isSigned(SECRET, { ...signed(1000), timestamp: Number.NaN }, 1000)).toBe(false);
  });
});

describe('configured channels', () => {
  it('are those whose settings are complete, in the order of the setting', () => {
    expect(configuredChannels(testConfig())).toEqual([]);
    const config = testConfig({
      notifyChannels: ['pagerduty', 'email', 'webhook'],
      ...{
        notifyPagerdutyKey: 'key-of-it',
        notifyWebhookUrl: 'https://h.example/',
        notifyWebhookSecret: null,
      },
      ...{
        notifySmtpUrl: 'smtp://m.example',
        notifyEmailFrom: 's@e.example',
        notifyEmailTo: ['a@e.example'],
      },
      notifySlackUrl: 'https://hooks.slack.example/x',
    });
    const channels = new Channels(configuredChannels(config));
    expect(channels.all.map(({ name }) => name)).toEqual(['pagerduty', 'email']);
    expect(channels.after('pagerduty')?.name).toBe('email');
    expect(channels.after('email')).toBeUndefined();
    // Whoever is not there any more keeps nobody else from being told.
    expect(channels.after('slack')?.name).toBe('pagerduty');
  });
});
