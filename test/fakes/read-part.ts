/** Reads objects of a lake back, as the erasure does. */

export { readPart, zstdFrames } from '../../scripts/erase/read-part.ts';
