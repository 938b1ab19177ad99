import { Global, Module } from '@nestjs/common';
import { unwrap } from '../common/index.js';
import { AppConfig } from '../config/index.js';
import { NodeKeys } from './node-keys.js';

/** Gives every module the node's keys. */
@Global()
@Module({
  providers: [
    {
      provide: NodeKeys,
      inject: [AppConfig],
      useFactory: async (config: AppConfig) => unwrap(await NodeKeys.load(config)),
    },
  ],
  exports: [NodeKeys],
})
export class KeysModule {}
