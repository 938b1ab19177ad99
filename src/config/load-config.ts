import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { CodedError, err, messageOf, ok, type Result } from '../common/index.js';
import { AppConfig, type AppSettings } from './app-config.js';
import { packageRoot } from '../common/installation.js';
import { cacheProblem } from './kernel-memory.js';
import {
  environmentNameOf,
  SECRET_SETTINGS,
  SETTING_NAMES,
  SETTING_PARSERS,
  yamlNameOf,
} from './settings.js';

/** Environment variables, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The file that comes with the installation; `CONFIG_FILE` names another one. */
export function defaultConfigFile(environment: Environment): string {
  return environment.CONFIG_FILE
    ? resolve(environment.CONFIG_FILE)
    : join(packageRoot(), 'config', 'default.yaml');
}

/**
 * Reads the configuration: the YAML file, and the environment over it. An empty environment variable counts as unset.
 * Refusals: CONFIG_UNREADABLE, CONFIG_UNKNOWN_KEY, CONFIG_INVALID (naming key, value and what is allowed).
 */
export function loadConfig(
  environment: Environment = process.env,
  file = defaultConfigFile(environment),
): Result<AppConfig> {
  const base = readYaml(file);
  if (!base.ok) return base;
  const known = new Set(SETTING_NAMES.map(yamlNameOf));
  for (const key of Object.keys(base.value)) {
    if (!known.has(key)) {
      return refuse(
        'CONFIG_UNKNOWN_KEY',
        `${file}: unknown setting "${key}"; known are ${[...known].join(', ')}`,
      );
    }
  }
  const settings: Partial<Record<keyof AppSettings, unknown>> = {};
  for (const name of SETTING_NAMES) {
    const fromEnvironment = environment[environmentNameOf(name)];
    const inEnvironment = fromEnvironment !== undefined && fromEnvironment !== '';
    const raw = inEnvironment ? fromEnvironment : base.value[yamlNameOf(name)];
    const parsed = SETTING_PARSERS[name](raw);
    if (!parsed.ok) {
      const key = inEnvironment ? environmentNameOf(name) : `${yamlNameOf(name)} in ${file}`;
      return refuse('CONFIG_INVALID', `${key} is ${shown(name, raw)}; allowed is ${parsed.error}`);
    }
    settings[name] = parsed.value;
  }
  const complete = settings as unknown as AppSettings;
  const problem = cacheProblem(complete);
  if (problem !== null) return refuse('CONFIG_INVALID', problem);
  return ok(
    new AppConfig({
      ...complete,
      dataDir: resolve(complete.dataDir),
      postgresDir: resolve(complete.postgresDir),
    }),
  );
}

function readYaml(file: string): Result<Record<string, unknown>> {
  try {
    const value: unknown = parse(readFileSync(file, 'utf8'), { maxAliasCount: 0 });
    if (value === null) return ok({});
    if (typeof value === 'object' && !Array.isArray(value)) return ok(value as Record<string, unknown>);
    return refuse('CONFIG_UNREADABLE', `${file} does not hold a table of settings`);
  } catch (thrown) {
    return refuse('CONFIG_UNREADABLE', `cannot read ${file}: ${messageOf(thrown).split('\n')[0]}`);
  }
}

function shown(name: keyof AppSettings, raw: unknown): string {
  if (raw === undefined) return 'missing';
  return SECRET_SETTINGS.has(name) ? 'not valid (value hidden)' : JSON.stringify(raw);
}

function refuse(code: string, message: string): Result<never> {
  return err(new CodedError(code, message));
}
