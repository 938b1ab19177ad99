import type { MigrationInterface } from 'typeorm';
import { Chain1763700000001 } from './1763700000001-chain.js';

/** Every migration, oldest first. Append only: what is here has run somewhere. */
export const MIGRATIONS: readonly (new () => MigrationInterface)[] = [Chain1763700000001];
