import { join } from 'node:path';
import { unwrap } from '../../src/common/index.js';
import { packageRoot } from '../../src/common/installation.js';
import type { AppConfig, AppSettings } from '../../src/config/app-config.js';
import { loadConfig } from '../../src/config/load-config.js';
import { temporaryFolder } from './temporary-folder.js';

/** The default configuration with its own data folder, a free port and little logging; nothing of the environment counts. */
export function testConfig(changes: Partial<AppSettings> = {}): AppConfig {
  const defaults = unwrap(loadConfig({}, join(packageRoot(), 'config', 'default.yaml')));
  const dataDir = changes.dataDir ?? temporaryFolder('data');
  return defaults.with({
    port: 0,
    logLevel: 'silent',
    importGenesis: false,
    expertCacheMb: 64,
    kvCacheMb: 32,
    postgresDir: join(dataDir, 'postgres-elsewhere'),
    ...changes,
    dataDir,
  });
}
