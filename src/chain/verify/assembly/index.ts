/**
 * Many ECDSA verifications at once: sums of table points, one per byte of the two scalars, for all signatures in step.
 * Affine additions share one field inversion per step (Montgomery's trick), so an addition costs six multiplications and
 * a signature 64 additions and no doubling.
 */
import { copy, ELEMENT, fromBytes, inverse, isZero, mul, setOne, square, subtract, toBytes, weaken } from './field';

/** Bytes of an affine point: x, then y. */
const POINT: usize = 2 * ELEMENT;
/** Windows of 8 bits in a scalar, and points of one window (digit 0 is never read). */
const WINDOWS: usize = 32;
const DIGITS: usize = 256;

/** States of a lane. */
const EMPTY: u8 = 0;
const FILLED: u8 = 1;
/** An addition met equal x coordinates: the formula does not hold, the lane is left to the caller. */
const ODD: u8 = 2;

const scratch = heap.alloc(8 * ELEMENT);
const product = scratch;
const inverted = scratch + ELEMENT;
const slope = scratch + 2 * ELEMENT;
const temporary = scratch + 3 * ELEMENT;
const sum = scratch + 4 * ELEMENT;

/** Gives memory to the host. */
export function allocate(bytes: usize): usize {
  return heap.alloc(bytes);
}

/** Bytes of a table for one key. */
export function tableBytes(): usize {
  return WINDOWS * DIGITS * POINT;
}

/** Reads an affine point of 64 big-endian bytes into place `digit` of a table's window. */
export function setTablePoint(table: usize, window: usize, digit: usize, bytes: usize): void {
  const point = pointOf(table, window, digit);
  fromBytes(point, bytes);
  fromBytes(point + ELEMENT, bytes + 32);
}

/**
 * Fills a table whose digits 1 and 2 are set in every window: digit d is digit d - 1 plus digit 1.
 * @param work room for 32 lanes (see `laneBytes`)
 */
export function fillTable(table: usize, work: usize): void {
  const pointers = work;
  const lanes = work + WINDOWS * 4;
  const states = lanes + WINDOWS * (POINT + 2 * ELEMENT);
  for (let window: usize = 0; window < WINDOWS; window++) {
    memory.copy(lanes + window * POINT, pointOf(table, window, 2), POINT);
    store<u8>(states + window, FILLED);
    store<u32>(pointers + window * 4, <u32>pointOf(table, window, 1));
  }
  for (let digit: usize = 3; digit < DIGITS; digit++) {
    addToLanes(WINDOWS, pointers, lanes, states);
    for (let window: usize = 0; window < WINDOWS; window++)
      memory.copy(pointOf(table, window, digit), lanes + window * POINT, POINT);
  }
}

/** Bytes of working room per lane. */
export function laneBytes(): usize {
  return 4 + POINT + 2 * ELEMENT + 1;
}

/**
 * For each lane the sum of first · G and second · Q.
 * @param tablesQ per lane the address of its key's table, 32 bits each
 * @param scalars 64 bytes per lane: the first scalar, then the second, little-endian
 * @param results 33 bytes per lane: 1 and the sum's x (big-endian), or 0 for a lane without a usable sum
 * @param work room for the lanes
 */
export function sumLanes(count: usize, scalars: usize, tableG: usize, tablesQ: usize, results: usize, work: usize): void {
  const pointers = work;
  const lanes = work + count * 4;
  const states = lanes + count * (POINT + 2 * ELEMENT);
  memory.fill(states, EMPTY, count);
  for (let place: usize = 0; place < 2 * WINDOWS; place++) {
    for (let lane: usize = 0; lane < count; lane++) {
      const table = place < WINDOWS ? tableG : <usize>load<u32>(tablesQ + lane * 4);
      const digit = <usize>load<u8>(scalars + lane * 64 + place);
      const point = digit === 0 ? 0 : pointOf(table, place & (WINDOWS - 1), digit);
      store<u32>(pointers + lane * 4, <u32>point);
    }
    addToLanes(count, pointers, lanes, states);
  }
  for (let lane: usize = 0; lane < count; lane++) {
    const usable = load<u8>(states + lane) === FILLED;
    store<u8>(results + lane * 33, usable ? 1 : 0);
    if (usable) toBytes(results + lane * 33 + 1, lanes + lane * POINT);
  }
}

// @ts-ignore: decorator of AssemblyScript
@inline
function pointOf(table: usize, window: usize, digit: usize): usize {
  return table + (window * DIGITS + digit) * POINT;
}

/** Adds to every lane the point it points to; none where the pointer is 0. Behind the lanes: differences, then products. */
function addToLanes(count: usize, pointers: usize, lanes: usize, states: usize): void {
  const differences = lanes + count * POINT;
  const products = differences + count * ELEMENT;
  startLanes(count, pointers, lanes, states, differences);
  multiplyUp(count, pointers, differences, products);
  copy(temporary, product);
  if (isZero(temporary)) {
    dropOddLanes(count, pointers, states, differences);
    multiplyUp(count, pointers, differences, products);
  }
  inverse(inverted, product);
  for (let lane = count; lane-- > 0; ) {
    const point = <usize>load<u32>(pointers + lane * 4);
    if (point === 0) continue;
    mul(slope, inverted, products + lane * ELEMENT);
    mul(inverted, inverted, differences + lane * ELEMENT);
    addPoint(lanes + lane * POINT, point);
  }
}

/** Copies points into empty lanes (and clears their pointers), and notes the difference of x coordinates elsewhere. */
function startLanes(count: usize, pointers: usize, lanes: usize, states: usize, differences: usize): void {
  for (let lane: usize = 0; lane < count; lane++) {
    const point = <usize>load<u32>(pointers + lane * 4);
    if (point === 0) continue;
    const state = load<u8>(states + lane);
    if (state !== FILLED) {
      store<u32>(pointers + lane * 4, 0);
      if (state === EMPTY) {
        memory.copy(lanes + lane * POINT, point, POINT);
        store<u8>(states + lane, FILLED);
      }
    } else {
      subtract(differences + lane * ELEMENT, point, lanes + lane * POINT);
    }
  }
}

/** For each lane the product of the differences before it; in `product` that of all. */
function multiplyUp(count: usize, pointers: usize, differences: usize, products: usize): void {
  setOne(product);
  for (let lane: usize = 0; lane < count; lane++) {
    if (load<u32>(pointers + lane * 4) === 0) continue;
    copy(products + lane * ELEMENT, product);
    mul(product, product, differences + lane * ELEMENT);
  }
}

function dropOddLanes(count: usize, pointers: usize, states: usize, differences: usize): void {
  for (let lane: usize = 0; lane < count; lane++) {
    if (load<u32>(pointers + lane * 4) === 0 || !isZero(differences + lane * ELEMENT)) continue;
    store<u32>(pointers + lane * 4, 0);
    store<u8>(states + lane, ODD);
  }
}

/** lane += point, where `slope` holds 1 / (point.x - lane.x). */
function addPoint(lane: usize, point: usize): void {
  subtract(temporary, point + ELEMENT, lane + ELEMENT);
  mul(slope, slope, temporary);
  square(sum, slope);
  subtract(sum, sum, lane);
  weaken(sum);
  subtract(sum, sum, point);
  weaken(sum);
  subtract(temporary, lane, sum);
  mul(temporary, temporary, slope);
  subtract(temporary, temporary, lane + ELEMENT);
  weaken(temporary);
  copy(lane, sum);
  copy(lane + ELEMENT, temporary);
}
