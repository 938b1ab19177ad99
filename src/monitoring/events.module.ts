import { Global, Logger, Module } from '@nestjs/common';
import { EventBus, messageOf } from '../common/index.js';

/** Gives every module the one event bus of the process. */
@Global()
@Module({
  providers: [
    {
      provide: EventBus,
      useFactory: () => {
        const logger = new Logger('EventBus');
        return new EventBus((name, thrown) =>
          logger.error(`a listener of ${name} threw: ${messageOf(thrown)}`),
        );
      },
    },
  ],
  exports: [EventBus],
})
export class EventsModule {}
