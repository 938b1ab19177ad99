import { Global, Module } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { OperationsController } from './operations.controller.js';
import { PageFallbackFilter } from './page-fallback.filter.js';
import { ProblemFilter } from './problem.filter.js';
import { validationPipe } from './validation.js';
import { VersionReport } from './version-report.js';
import { WriteKeys } from './write-keys.js';

/** What every HTTP answer has in common, and the operations endpoints. Global, as `guardWrites` gives every module its keys. */
@Global()
@Module({
  controllers: [OperationsController],
  providers: [
    VersionReport,
    WriteKeys,
    { provide: APP_FILTER, useClass: ProblemFilter },
    { provide: APP_FILTER, useClass: PageFallbackFilter },
    { provide: APP_PIPE, useFactory: validationPipe },
  ],
  exports: [WriteKeys],
})
export class WebModule {}
