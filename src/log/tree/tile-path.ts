/** Hashes in a full tile, leaves in a full bundle. */
export const TILE_WIDTH = 256;
/** Bytes of one hash in a tile. */
export const HASH_BYTES = 32;

/** One tile: its level (`entries` for the leaves themselves), its number on that level, and how many of its 256 places are filled. */
export interface TileId {
  readonly level: number | 'entries';
  readonly index: number;
  /** 1 to 256; 256 is a full tile. */
  readonly width: number;
}

/** The path of C2SP tlog-tiles below `tile/`: `0/x001/234`, `entries/000.p/17`, … */
export function tilePath({ level, index, width }: TileId): string {
  const groups: string[] = [];
  for (let rest = index, first = true; first || rest > 0; rest = Math.floor(rest / 1000), first = false)
    groups.unshift(`${first ? '' : 'x'}${String(rest % 1000).padStart(3, '0')}`);
  return `${level}/${groups.join('/')}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
}

/** Reads `tilePath`; null for what it would not have written. */
export function parseTilePath(path: string): TileId | null {
  const match =
    /^(?<level>entries|\d{1,2})\/(?<groups>(?:x\d{3}\/){0,4}\d{3})(?:\.p\/(?<width>\d{1,3}))?$/.exec(path);
  if (match === null) return null;
  const { level, groups, width } = match.groups as { level: string; groups: string; width?: string };
  const id: TileId = {
    level: level === 'entries' ? level : Number(level),
    index: Number(groups.replace(/[x/]/g, '')),
    width: width === undefined ? TILE_WIDTH : Number(width),
  };
  return id.width > 0 && tilePath(id) === path ? id : null;
}

/** Tiles of a level that a log of `size` leaves has, and how many hashes the last one holds (0 when all are full). */
export function levelShape(
  size: number,
  level: number,
): { readonly hashes: number; readonly full: number; readonly tail: number } {
  const hashes = Math.floor(size / TILE_WIDTH ** level);
  return { hashes, full: Math.floor(hashes / TILE_WIDTH), tail: hashes % TILE_WIDTH };
}
