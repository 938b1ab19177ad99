import { randomUUID } from 'node:crypto';
import { Body, Controller, Get, HttpCode, Param, Post, Req } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ANONYMOUS, NeedsScope, Roles, type IdentifiedRequest } from '../../auth/index.js';
import { CodedError, systemClock, unwrap } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { Acknowledgement } from '../acknowledgement.js';
import type { NotificationChannel } from '../channels/channel.js';
import { Channels } from '../channels/channels.js';
import { pageAddress, sendInTime } from '../delivery/send-notice.js';
import type { OutgoingNotice } from '../notice.js';
import type { NoticeRow } from '../store/notification-rows.js';
import { NotificationStore } from '../store/notification-store.js';
import { AcknowledgeNoticeDto, NotificationParameters, NotificationTestDto } from './dto.js';

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
    private readonly acknowledgement: Acknowledgement,
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
      items: recent.map(noticeView),
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

  @ApiOperation({ summary: 'Says that somebody has seen a notice: nobody else is called about it' })
  @Post(':id/acknowledge')
  @HttpCode(200)
  async acknowledge(
    @Param() { id }: NotificationParameters,
    @Body() { reason }: AcknowledgeNoticeDto,
    @Req() request: IdentifiedRequest,
  ): Promise<object> {
    const { subject } = request.identity ?? ANONYMOUS;
    return noticeView(unwrap(await this.acknowledgement.acknowledge(id, subject, reason)));
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

function noticeView(row: NoticeRow): object {
  const { createdAt, settledAt, acknowledgedBy, acknowledgedReason, needsAnswer, ...notice } = row;
  return {
    ...notice,
    ...{ needs_answer: needsAnswer, created_at: createdAt, settled_at: settledAt },
    ...{ acknowledged_by: acknowledgedBy, acknowledged_reason: acknowledgedReason },
  };
}

function notConfigured(channel: string | undefined): CodedError {
  const detail =
    channel === undefined ? 'No channel is configured.' : `The channel ${channel} is not configured.`;
  return new CodedError('NOTIFY_NOT_CONFIGURED', detail, {}, 409);
}
