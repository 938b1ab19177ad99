import { Module } from '@nestjs/common';
import { AppConfig } from '../config/index.js';
import { Acknowledgement } from './acknowledgement.js';
import { LogModule } from '../log/index.js';
import { AlertNotices } from './alert-notices.js';
import { Channels } from './channels/channels.js';
import { configuredChannels } from './channels/configured-channels.js';
import { Courier } from './delivery/courier.js';
import { NotificationsController } from './http/notifications.controller.js';
import { Notifier } from './notifier.js';
import { NotificationStore } from './store/notification-store.js';
import { UrgentCalls } from './urgent-calls.js';

/** Calls people. Needs the global config, database, events and registries. */
@Module({
  imports: [LogModule],
  controllers: [NotificationsController],
  providers: [
    {
      provide: Channels,
      inject: [AppConfig],
      useFactory: (config: AppConfig) => new Channels(configuredChannels(config)),
    },
    NotificationStore,
    Courier,
    Notifier,
    UrgentCalls,
    AlertNotices,
    Acknowledgement,
  ],
  exports: [Notifier],
})
export class NotificationsModule {}
