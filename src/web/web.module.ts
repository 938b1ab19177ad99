import { Module } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { OperationsController } from './operations.controller.js';
import { PageFallbackFilter } from './page-fallback.filter.js';
import { ProblemFilter } from './problem.filter.js';
import { validationPipe } from './validation.js';
import { VersionReport } from './version-report.js';
import { WriteKeyInterceptor } from './write-key.interceptor.js';
import { WriteKeys } from './write-keys.js';

/** What every HTTP answer has in common, and the operations endpoints. */
@Module({
  controllers: [OperationsController],
  providers: [
    VersionReport,
    WriteKeys,
    { provide: APP_FILTER, useClass: ProblemFilter },
    { provide: APP_FILTER, useClass: PageFallbackFilter },
    { provide: APP_INTERCEPTOR, useClass: WriteKeyInterceptor },
    { provide: APP_PIPE, useFactory: validationPipe },
  ],
})
export class WebModule {}
