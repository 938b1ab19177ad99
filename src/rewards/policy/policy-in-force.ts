import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { parse } from 'yaml';
import { CodedError, err, messageOf, ok, unwrap, type Json, type Result } from '../../common/index.js';
import { packageRoot } from '../../common/installation.js';
import { AppConfig } from '../../config/index.js';
import { parseRewardsPolicy, type RewardsPolicy } from './rewards-policy.js';

/** The policy of rewards, read at start; a broken file stops the start, because nobody is paid by half a policy. */
@Injectable()
export class PolicyInForce {
  readonly current: RewardsPolicy;
  /** What the file says, as JSON: epochs carry it, so that they can be worked out again when the file says something else. */
  readonly source: Json;

  constructor({ rewardsFile }: AppConfig) {
    const { policy, source } = unwrap(readPolicyFile(rewardsFile ?? defaultRewardsFile()));
    this.current = policy;
    this.source = source;
  }
}

/** The file of the installation. */
export function defaultRewardsFile(): string {
  return join(packageRoot(), 'config', 'rewards.yaml');
}

/** Reads a file: `REWARDS_UNREADABLE`, `REWARDS_INVALID`. */
export function readRewardsPolicy(file: string): Result<RewardsPolicy> {
  const read = readPolicyFile(file);
  return read.ok ? ok(read.value.policy) : read;
}

/** The same, with what the file says. */
export function readPolicyFile(
  file: string,
): Result<{ readonly policy: RewardsPolicy; readonly source: Json }> {
  try {
    const source = parse(readFileSync(file, 'utf8')) as Json;
    const policy = parseRewardsPolicy(source);
    return policy.ok ? ok({ policy: policy.value, source }) : policy;
  } catch (thrown) {
    return err(new CodedError('REWARDS_UNREADABLE', `${file} cannot be read: ${messageOf(thrown)}`));
  }
}
