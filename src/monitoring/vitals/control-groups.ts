/** Where a controller's groups are found. */
export interface GroupPlace {
  /** Finds the group's path in /proc/self/cgroup. */
  readonly group: RegExp;
  /** Folder in which the groups of this controller lie. */
  readonly root: string;
}

/** Levels above a process that are looked at; more are no real machine's. */
const MOST_LEVELS = 16;

/**
 * Folders of the groups that a process belongs to, its own first, then those around it: a limit may be any of them's (a pod's, a
 * slice's). The last is the root, which within a container is often the container's own group, whatever the path says.
 * @param groups text of /proc/self/cgroup
 */
export function groupFolders({ group, root }: GroupPlace, groups: string): string[] {
  const path = group.exec(groups)?.[1];
  if (path === undefined) return [];
  const names = path.split('/').filter((name) => name !== '' && name !== '..');
  const levels = names.map((_, index) => names.slice(0, names.length - index).join('/'));
  return [...levels.slice(0, MOST_LEVELS).map((level) => `${root}/${level}`), root];
}
