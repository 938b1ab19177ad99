import { IsIn, IsOptional } from 'class-validator';

/** Body of `POST /api/notifications/test`. */
export class NotificationTestDto {
  /** One channel; all that are configured where it is absent. */
  @IsOptional()
  @IsIn(['webhook', 'email', 'slack', 'pagerduty'])
  channel?: string;
}
