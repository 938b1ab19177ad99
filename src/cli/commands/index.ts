import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import * as importCheckpoint from './import.js';
import * as keys from './keys.js';
import * as models from './models.js';
import * as serve from './serve.js';

/** Adds one command (or a group) to the program. */
export type RegisterCommand = (program: Command, context: CommandContext) => void;

/** All commands, in the order help shows them. */
export const COMMANDS: readonly RegisterCommand[] = [
  serve.register,
  importCheckpoint.register,
  models.register,
  keys.register,
];
