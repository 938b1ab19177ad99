import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';

/** The version of this installation, read without the modules (and the framework) that the server's own report needs. */
export function installedVersion(): string {
  const path = findPackageJSON('.', import.meta.url);
  if (path === undefined) throw new Error('this installation has no package.json');
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}
