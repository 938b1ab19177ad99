import { randomUUID } from 'node:crypto';
import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { NeedsScope, Roles } from '../../auth/index.js';
import { CodedError, systemClock } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import type { NotificationChannel } from '../channels/channel.js';
import { Channels } from '../channels/channels.js';
import { pageAddress, sendInTime } from '../delivery/send-notice.js';
import type { OutgoingNotice } from '../notice.js';
import { NotificationStore } from '../store/notification-store.js';
import { NotificationTestDto } from './dto.js';

const RECENT = 50;

/** How people are called, and whether it works. */
@ApiTags('autonomy')
@Controller('api/notifications')
@NeedsScope('guardian')
@Roles('guardian')
export class NotificationsController {
  constructor(
    private readonly config: AppConfig,
    private readonly channels: Channels,
    private readonly store: NotificationStore,
  ) {}

  @ApiOperation({ summary: 'The channels with their last errors, and the last notices' })
  @Get()
  async show(): Promise<object> {
    const [figures, recent] = await Promise.all([this.store.figures(), this.store.recent(RECENT)]);
    return {
      escalate_after_minutes: this.config.notifyEscalateMinutes,
      channels: this.channels.all.map(({ name, target }) => {
        const known = figures.find(({ channel }) => channel === name);
        return {
          ...{
            name,
            target,
            pending: known?.pending ?? 0,
            sent: known?.sent ?? 0,
            failed: known?.failed ?? 0,
          },
          last_sent_at: known?.lastSentAt ?? null,
          last_error: known?.lastError ?? null,
          last_error_at: known?.lastErrorAt ?? null,
        };
      }),
      items: recent.map(({ createdAt, settledAt, ...notice }) => ({
        ...notice,
        ...{ created_at: createdAt, settled_at: settledAt },
      })),
    };
  }

  @ApiOperation({ summary: 'Sends a test notice at once and says what each channel answered' })
  @Post('test')
  @HttpCode(200)
  async test(@Body() { channel }: NotificationTestDto): Promise<object> {
    const chosen = this.channels.all.filter(({ name }) => channel === undefined || name === channel);
    if (chosen.length === 0) throw notConfigured(channel);
    return { results: await Promise.all(chosen.map((each) => this.tryOut(each))) };
  }

  private async tryOut(channel: NotificationChannel): Promise<object> {
    const began = performance.now();
    const sent = await sendInTime(channel, this.testNotice(), new AbortController().signal);
    const tookMs = Math.round(performance.now() - began);
    const outcome = sent.ok
      ? { ok: true, code: null, detail: null }
      : { ok: false, code: sent.error.code, detail: sent.error.message };
    return { channel: channel.name, ...outcome, took_ms: tookMs };
  }

  private testNotice(): OutgoingNotice {
    const id = `note_${randomUUID().replaceAll('-', '')}`;
    return {
      ...{ id, key: `test:${id}`, kind: 'test', severity: 'info', event: 'test', needsAnswer: false },
      ...{
        title: 'This is a test',
        text: 'Somebody tries out whether notices arrive. Nothing has happened.',
      },
      ...{
        path: '/',
        link: pageAddress(this.config, '/'),
        node: this.config.nodeName,
        at: systemClock.now(),
      },
    };
  }
}

function notConfigured(channel: string | undefined): CodedError {
  const detail =
    channel === undefined ? 'No channel is configured.' : `The channel ${channel} is not configured.`;
  return new CodedError('NOTIFY_NOT_CONFIGURED', detail, {}, 409);
}
