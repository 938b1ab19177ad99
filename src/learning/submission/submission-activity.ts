import { Injectable, type OnModuleInit } from '@nestjs/common';
import { LearningActivity } from '../../common/observation/learning-activity.js';
import { SubmissionStore } from './submission-store.js';

/** Counts submissions among what is being learnt. */
@Injectable()
export class SubmissionActivity implements OnModuleInit {
  constructor(
    private readonly activity: LearningActivity,
    private readonly store: SubmissionStore,
  ) {}

  onModuleInit(): void {
    this.activity.add(() => this.store.inWork());
  }
}
