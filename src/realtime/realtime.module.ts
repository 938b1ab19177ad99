import { Logger, Module } from '@nestjs/common';
import { AppConfig } from '../config/index.js';
import { EventFeed } from './event-feed.js';
import { FanOut, MemoryFanOut } from './fan-out.js';
import { RealtimeGateway } from './realtime.gateway.js';
import { RedisFanOut } from './redis-fan-out.js';

/** Live notices over WebSocket. */
@Module({
  providers: [
    RealtimeGateway,
    EventFeed,
    {
      provide: FanOut,
      inject: [AppConfig],
      useFactory: ({ redisUrl }: AppConfig): FanOut => {
        const logger = new Logger('Realtime');
        return redisUrl === null
          ? new MemoryFanOut()
          : new RedisFanOut(redisUrl, (detail) => logger.warn(`Redis cannot be reached: ${detail}`));
      },
    },
  ],
})
export class RealtimeModule {}
