import { Module, type DynamicModule } from '@nestjs/common';
import { AppConfig } from './app-config.js';
import { Instance } from './instance.js';

/** Gives every module the configuration read at start, and which server this is. */
@Module({})
export class ConfigModule {
  static forRoot(config: AppConfig): DynamicModule {
    return {
      module: ConfigModule,
      global: true,
      providers: [
        { provide: AppConfig, useValue: config },
        { provide: Instance, useFactory: () => new Instance(config) },
      ],
      exports: [AppConfig, Instance],
    };
  }
}
