import { IsIn, IsOptional, IsString, Length, Matches } from 'class-validator';

/** Body of `POST /api/notifications/test`. */
export class NotificationTestDto {
  /** One channel; all that are configured where it is absent. */
  @IsOptional()
  @IsIn(['webhook', 'email', 'slack', 'pagerduty'])
  channel?: string;
}

/** `:id` of a notice. */
export class NotificationParameters {
  @Matches(/^note_[0-9a-f]{32}$/, { message: 'id must be note_ and 32 lower-case hex digits' })
  id!: string;
}

/** Body of `POST /api/notifications/:id/acknowledge`. */
export class AcknowledgeNoticeDto {
  /** What is known, or being done. */
  @Length(1, 2000)
  @IsString()
  reason!: string;
}
