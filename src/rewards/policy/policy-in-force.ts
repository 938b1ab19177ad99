import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { parse } from 'yaml';
import { CodedError, err, messageOf, unwrap, type Result } from '../../common/index.js';
import { packageRoot } from '../../common/installation.js';
import { AppConfig } from '../../config/index.js';
import { parseRewardsPolicy, type RewardsPolicy } from './rewards-policy.js';

/** The policy of rewards, read at start; a broken file stops the start, because nobody is paid by half a policy. */
@Injectable()
export class PolicyInForce {
  readonly current: RewardsPolicy;

  constructor({ rewardsFile }: AppConfig) {
    this.current = unwrap(readRewardsPolicy(rewardsFile ?? defaultRewardsFile()));
  }
}

/** The file of the installation. */
export function defaultRewardsFile(): string {
  return join(packageRoot(), 'config', 'rewards.yaml');
}

/** Reads a file: `REWARDS_UNREADABLE`, `REWARDS_INVALID`. */
export function readRewardsPolicy(file: string): Result<RewardsPolicy> {
  try {
    return parseRewardsPolicy(parse(readFileSync(file, 'utf8')));
  } catch (thrown) {
    return err(new CodedError('REWARDS_UNREADABLE', `${file} cannot be read: ${messageOf(thrown)}`));
  }
}
