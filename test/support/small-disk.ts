import { execFileSync } from 'node:child_process';

/**
 * Mounts a small file system of its own (tmpfs) on a folder, so that a disk can be full without the machine's being it. Needs root on
 * Linux; says so where that is missing, for a test that was left out would look as if it had passed.
 * @param options of tmpfs, such as `size=64m`
 */
export function mountSmallDisk(folder: string, options: string): void {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'pipe' });
  } catch (thrown) {
    const why = String((thrown as { stderr?: unknown }).stderr ?? thrown).trim();
    throw new Error(
      `a test of a full disk mounts a small one (tmpfs, ${options}), which only root on Linux may: run the tests as root; ` +
        `mount said: ${why}`,
      { cause: thrown },
    );
  }
}
