import { Injectable } from '@nestjs/common';
import { unwrap } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { defaultHealingFile, readHealingRules, type HealingRules } from './healing-rules.js';

/** The rules of healing, read at start; a broken file stops the start, because a server that heals by half rules is worse. */
@Injectable()
export class RulesInForce {
  readonly current: HealingRules;

  constructor({ healingFile }: AppConfig) {
    this.current = unwrap(readHealingRules(healingFile ?? defaultHealingFile()));
  }
}
