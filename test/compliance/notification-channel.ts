import type { NotificationChannel } from '../../src/notifications/channels/channel.js';
import type { OutgoingNotice } from '../../src/notifications/notice.js';
import type { Receiver } from '../support/receivers.js';

/** A notice as couriers hand it to channels. */
export function outgoingNotice(changes: Partial<OutgoingNotice> = {}): OutgoingNotice {
  return {
    ...{ id: `note_${'a'.repeat(32)}`, key: 'alert:7', kind: 'alert', severity: 'critical', event: 'raised' },
    ...{ title: 'The disk is <full> & slow', text: 'Nothing can be written.', path: '/monitoring' },
    ...{
      needsAnswer: true,
      node: 'node-1',
      link: 'https://stemma.example/monitoring',
      at: 1_760_000_000_000,
    },
    ...changes,
  };
}

/** What every adapter of `NotificationChannel` must do. @param open a channel to a receiver; `allowPrivate` is true */
export function notificationChannelCompliance(
  adapter: string,
  startReceiver: () => Promise<Receiver>,
  open: (host: string) => NotificationChannel,
): void {
  describe(`a notification channel (${adapter})`, () => {
    let receiver: Receiver;
    let channel: NotificationChannel;
    beforeEach(async () => {
      receiver = await startReceiver();
      channel = open(receiver.host);
    });
    afterEach(() => receiver.close());

    const send = (notice = outgoingNotice(), signal = new AbortController().signal) =>
      channel.send(notice, signal);

    it('brings title, text and link', async () => {
      expect(await send()).toMatchObject({ ok: true });
      expect(receiver.received).toHaveLength(1);
      const [{ body, headers }] = receiver.received;
      const all = JSON.stringify(headers) + body;
      for (const part of [
        'The disk is',
        'Nothing can be written.',
        'https://stemma.example/monitoring',
        'node-1',
      ])
        expect(all).toContain(part);
    });

    it('tells of the end of what it told of', async () => {
      if (!channel.tellsSettled) return;
      expect(await send()).toMatchObject({ ok: true });
      expect(await send(outgoingNotice({ event: 'settled' }))).toMatchObject({ ok: true });
      const [first, second] = receiver.received;
      expect(second.body + JSON.stringify(second.headers)).not.toBe(
        first.body + JSON.stringify(first.headers),
      );
    });

    it('wants another attempt when the receiver fails, and none when it refuses', async () => {
      receiver.mood = 'fails';
      expect(await send()).toMatchObject({ ok: false, error: { code: 'NOTIFY_FAILED', status: 502 } });
      receiver.mood = 'refuses';
      expect(await send()).toMatchObject({ ok: false, error: { code: 'NOTIFY_REJECTED' } });
    });

    it('gives up on a receiver that says nothing when its time is over', async () => {
      receiver.mood = 'hangs';
      const result = await send(outgoingNotice(), AbortSignal.timeout(300));
      expect(result).toMatchObject({ ok: false, error: { code: 'NOTIFY_FAILED' } });
    });

    it('wants another attempt when nobody listens', async () => {
      await receiver.close();
      expect(await send()).toMatchObject({ ok: false, error: { code: 'NOTIFY_FAILED' } });
    });

    it('shows no secret, neither in what it is called nor in its refusals', async () => {
      receiver.mood = 'fails';
      const result = await send();
      const said = `${channel.target} ${result.ok ? '' : result.error.message}`;
      expect(said).not.toContain('secret');
    });
  });
}
