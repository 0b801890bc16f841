import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../../platform/atomic-file.ts';

/** Vectors by the key of the text that they stand for; all of the same dimensions. */
export type Vectors = Map<string, Float32Array>;

/** First bytes of our files; the number changes with the format. */
const MAGIC = Buffer.from('mcpgw-vectors-1\n');
const HEADER_BYTES = MAGIC.length + 4;
const KEY_BYTES = 16;
const MAX_VECTORS = 20_000;
const MAX_BYTES = 256 * 1024 * 1024;

/** Key of a text: 32 hexadecimal digits. */
export function keyOf(text: string): string {
  return createHash('sha256')
    .update(text)
    .digest('hex')
    .slice(0, 2 * KEY_BYTES);
}

/** Where the vectors of one model are kept, for its owner alone: dimensions, then keys and float32 components. */
export class VectorFile {
  readonly #path: string;

  /** `model` tells which model of which endpoint made them. */
  constructor(directory: string, model: readonly string[]) {
    this.#path = join(directory, `vectors-${keyOf(JSON.stringify(model))}.bin`);
  }

  /** Nothing when the file is missing, damaged or somebody else's. */
  async read(): Promise<Vectors> {
    try {
      // A copy in a buffer of its own, where every vector begins at a multiple of four bytes: Float32Array wants that.
      return parse(Buffer.from(new Uint8Array(await readFile(this.#path)).buffer));
    } catch {
      return new Map();
    }
  }

  /** Replaces what is kept, in one step; of too many the first ones are kept. */
  async write(vectors: ReadonlyMap<string, Float32Array>, signal: AbortSignal): Promise<void> {
    await writeWhole(this.#path, serialize(vectors), { signal });
  }
}

function serialize(vectors: ReadonlyMap<string, Float32Array>): Buffer {
  const [dimensions = 0] = [...vectors.values()].map(({ length }) => length);
  const most = Math.min(MAX_VECTORS, Math.floor(MAX_BYTES / recordBytes(dimensions)));
  const header = Buffer.alloc(HEADER_BYTES);
  header.set(MAGIC);
  header.writeUInt32LE(dimensions, MAGIC.length);
  const records = [...vectors].slice(0, most).flatMap(([key, vector]) => [
    Buffer.from(key, 'hex'),
    // Byte order of the machine: the file is a cache of this one.
    Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength),
  ]);
  return Buffer.concat([header, ...records]);
}

function parse(file: Buffer): Vectors {
  if (file.length < HEADER_BYTES || file.length > MAX_BYTES + HEADER_BYTES) return new Map();
  if (!file.subarray(0, MAGIC.length).equals(MAGIC)) return new Map();
  const bytes = recordBytes(file.readUInt32LE(MAGIC.length));
  const count = (file.length - HEADER_BYTES) / bytes;
  if (!Number.isInteger(count)) return new Map();
  return new Map(Array.from({ length: count }, (_, index) => recordAt(file, HEADER_BYTES + index * bytes, bytes)));
}

function recordBytes(dimensions: number): number {
  return KEY_BYTES + dimensions * Float32Array.BYTES_PER_ELEMENT;
}

function recordAt(file: Buffer, start: number, bytes: number): [string, Float32Array] {
  const components = start + KEY_BYTES;
  const key = file.toString('hex', start, components);
  const dimensions = (bytes - KEY_BYTES) / Float32Array.BYTES_PER_ELEMENT;
  return [key, new Float32Array(file.buffer as ArrayBuffer, file.byteOffset + components, dimensions)];
}
