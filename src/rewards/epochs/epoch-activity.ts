import { Injectable, type OnModuleInit } from '@nestjs/common';
import { LearningActivity } from '../../common/observation/learning-activity.js';
import { EpochStore } from './epoch-store.js';

/** Counts epochs, in which what was learnt is paid for, among what is being learnt. */
@Injectable()
export class EpochActivity implements OnModuleInit {
  constructor(
    private readonly activity: LearningActivity,
    private readonly store: EpochStore,
  ) {}

  onModuleInit(): void {
    this.activity.add(() => this.store.settledLately());
  }
}
