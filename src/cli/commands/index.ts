import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import * as admin from './admin.js';
import * as cacheLab from './cache-lab.js';
import * as dataset from './dataset.js';
import * as dispute from './dispute.js';
import * as experts from './experts.js';
import * as exportModel from './export.js';
import * as fsck from './fsck.js';
import * as chat from './chat.js';
import * as guardian from './guardian.js';
import * as importCheckpoint from './import.js';
import * as keys from './keys.js';
import * as logits from './logits.js';
import * as merge from './merge.js';
import * as pretrain from './pretrain.js';
import * as models from './models.js';
import * as migrations from './migrations.js';
import * as submit from './submit.js';
import * as supervise from './supervise.js';
import * as tasks from './tasks.js';
import * as train from './train.js';
import * as replay from './replay.js';
import * as rewards from './rewards.js';
import * as rounds from './rounds.js';
import * as sealed from './sealed.js';
import * as snapshot from './snapshot.js';
import * as serve from './serve.js';
import * as verify from './verify.js';
import * as verifyReport from './verify-report.js';

/** Adds one command (or a group) to the program. */
export type RegisterCommand = (program: Command, context: CommandContext) => void;

/** All commands, in the order help shows them. */
export const COMMANDS: readonly RegisterCommand[] = [
  serve.register,
  supervise.register,
  importCheckpoint.register,
  exportModel.register,
  models.register,
  experts.register,
  chat.register,
  dataset.register,
  train.register,
  pretrain.register,
  merge.register,
  submit.register,
  rounds.register,
  sealed.register,
  logits.register,
  cacheLab.register,
  replay.register,
  verify.register,
  verifyReport.register,
  rewards.register,
  dispute.register,
  tasks.register,
  guardian.register,
  fsck.register,
  snapshot.register,
  keys.register,
  admin.register,
  migrations.register,
];
