import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../platform/atomic-file.ts';

/** Vectors by the key of their text; all of the same dimensions. */
export type Vectors = Map<string, Float32Array>;

/** First bytes of the file; the number changes with the format. */
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

/** The file with the vectors of one model, readable by its owner only: dimensions, then keys and float32 components. */
export class VectorFile {
  readonly #path: string;

  /** `model` identifies the endpoint and its model. */
  constructor(directory: string, model: readonly string[]) {
    this.#path = join(directory, `vectors-${keyOf(JSON.stringify(model))}.bin`);
  }

  /** Reads the file; empty if it is missing, damaged or of another format. */
  async read(): Promise<Vectors> {
    try {
      // Copied into a buffer of its own, so that every vector begins at a multiple of four bytes, as Float32Array
      // demands.
      return parse(Buffer.from(new Uint8Array(await readFile(this.#path)).buffer));
    } catch {
      return new Map();
    }
  }

  /** Replaces the file atomically. Beyond the bounds the first vectors are kept. */
  async write(vectors: ReadonlyMap<string, Float32Array>, signal: AbortSignal): Promise<void> {
    await writeFileAtomic(this.#path, serialize(vectors), { signal });
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
    // Byte order of this machine: the file is a local cache.
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
