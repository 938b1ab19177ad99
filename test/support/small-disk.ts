import { execFileSync, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A small file system of its own (tmpfs), so that a disk can be full without the machine's being it. */
export interface SmallDisk {
  /** Where it is; the same for every process of this user. */
  readonly folder: string;
  /** Gives it other options of tmpfs, such as `size=64m` or `nr_inodes=60`. */
  remount(options: string): Promise<void>;
  /** Takes it away with what is on it. */
  remove(): Promise<void>;
}

/**
 * Makes one: root mounts it; anybody else, and root without the right to, gets it in a user namespace. Linux only. Says so where both are
 * forbidden, for a test that was left out would look as if it had passed.
 * @param options of tmpfs, such as `size=64m`
 */
export async function mountSmallDisk(options: string): Promise<SmallDisk> {
  const folder = mkdtempSync(join(tmpdir(), 'stemma-small-disk-'));
  chmodSync(folder, 0o755);
  const refusals: string[] = [];
  for (const make of process.getuid?.() === 0 ? [mounted, inNamespace] : [inNamespace]) {
    try {
      return await make(folder, options);
    } catch (thrown) {
      refusals.push(String((thrown as { stderr?: unknown }).stderr ?? thrown).trim());
    }
  }
  rmSync(folder, { recursive: true, force: true });
  throw new Error(
    `a test of a full disk needs a small one (tmpfs, ${options}), which only Linux has, for root or in a user namespace; ` +
      `allow those (kernel.apparmor_restrict_unprivileged_userns=0, user.max_user_namespaces) or run the tests as root; ` +
      `the machine said: ${refusals.join('; ')}`,
  );
}

function mounted(folder: string, options: string): Promise<SmallDisk> {
  const mount = (...words: string[]) => execFileSync('mount', words, { stdio: 'pipe' });
  mount('-t', 'tmpfs', '-o', options, 'tmpfs', folder);
  chmodSync(folder, 0o755);
  return Promise.resolve({
    folder,
    remount: (other) => Promise.resolve(void mount('-o', `remount,${other}`, folder)),
    remove: () => {
      execFileSync('umount', ['-l', folder]);
      return Promise.resolve(rmSync(folder, { recursive: true, force: true }));
    },
  });
}

/** Mounts it, says so, and does the same with each line of other options; its end, also this process's, is that of the disk. */
const KEEPER = `mount -t tmpfs -o "$1" tmpfs "$0" && chmod 755 "$0" && echo done &&
  while read -r options; do mount -t tmpfs -o "remount,$options" tmpfs "$0" && echo done || exit 1; done`;

/** A process of a user namespace of its own keeps it; others reach it through that process. */
async function inNamespace(folder: string, options: string): Promise<SmallDisk> {
  const keeper = spawn('unshare', ['-Urm', 'sh', '-c', KEEPER, folder, options]);
  await answered(keeper);
  return {
    folder: `/proc/${keeper.pid}/root${folder}`,
    remount: (other) => {
      keeper.stdin.write(`${other}\n`);
      return answered(keeper);
    },
    remove: async () => {
      const over = once(keeper, 'close');
      keeper.stdin.end();
      await over;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Waits for a word of the keeper; throws what it complained of where it ended instead. */
async function answered(keeper: ChildProcessWithoutNullStreams): Promise<void> {
  let complaint = '';
  const collect = (chunk: Buffer) => (complaint += chunk.toString());
  keeper.stderr.on('data', collect);
  const ended = once(keeper, 'close').then(() => {
    throw new Error(complaint);
  });
  await Promise.race([once(keeper.stdout, 'data'), ended]);
  ended.catch(() => undefined);
  keeper.stderr.off('data', collect);
}
