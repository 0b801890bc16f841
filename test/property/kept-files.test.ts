import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { serverSchema } from '../../src/config/schema.ts';
import { InvocationHistory } from '../../src/search/invocation-history.ts';
import { VectorFile } from '../../src/search/semantics/vector-file.ts';
import { ProtocolEraCache } from '../../src/upstream/protocol-era-cache.ts';
import { removeFolder } from '../helpers/system/folders.ts';
import { json, mutationsOf, oddNumber } from './arbitraries.ts';

const folder = mkdtempSync(join(tmpdir(), 'kept-files-'));
afterAll(() => removeFolder(folder));

const server = { key: 's', ...serverSchema.parse({ type: 'local', command: ['a'] }) };
new ProtocolEraCache(join(folder, 'eras.json')).remember(server, 'modern');
const verdicts: unknown = JSON.parse(readFileSync(join(folder, 'eras.json'), 'utf8'));
const words = { version: 1, words: [['list', [['a::x', 1, 1]]]] };

/** Contents of a file: near to its own format, any JSON, any bytes. */
const contents = (valid: unknown): fc.Arbitrary<string | Uint8Array> =>
  fc.oneof(
    mutationsOf([valid]).map((value) => JSON.stringify(value)),
    json.map((value) => JSON.stringify(value)),
    fc.uint8Array({ maxLength: 100 }),
  );

/** A memory of its own format whose counts are any numbers. */
const anyCounts = fc
  .array(fc.tuple(fc.constantFrom('a::x', 'b::y'), oddNumber, oddNumber), { maxLength: 3 })
  .map((tools) => JSON.stringify({ version: 1, words: [['list', tools]] }));

function written(content: string | Uint8Array): string {
  const path = join(folder, 'kept');
  writeFileSync(path, content);
  return path;
}

test('whatever the file of verdicts holds, it is read, asked and written [properties.kept-files]', () => {
  fc.assert(
    fc.property(contents(verdicts), (content) => {
      const path = written(content);
      expect([undefined, 'legacy', 'modern']).toContain(new ProtocolEraCache(path).of(server)?.era);
      const kept = new ProtocolEraCache(path);
      kept.remember(server, 'modern');
      expect(new ProtocolEraCache(path).of(server)?.era).toBe('modern');
    }),
    { numRuns: 400 },
  );
});

test('whatever the memory of use holds, it is read, asked, counted on and written [properties.kept-files]', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(contents(words), anyCounts), async (content) => {
      const path = written(content);
      const memory = new InvocationHistory({ path });
      const bonus = memory.bonus('list', 'a::x');
      expect(bonus).toBeGreaterThanOrEqual(0);
      expect(bonus).toBeLessThanOrEqual(0.1);
      memory.searched('me', 'list', ['a::x']);
      memory.invoked('me', 'a::x');
      await memory.close();
      expect(JSON.parse(readFileSync(path, 'utf8')).words.map(([word]: [string]) => word)).toContain('list');
    }),
    { numRuns: 400 },
  );
});

/** Dimensions, and what follows them: records of a key and its vector, or any bytes. */
const vectorFile = fc.nat(3).chain((dimensions) => {
  const bytes = 16 + 4 * dimensions;
  const records = fc.array(fc.uint8Array({ minLength: bytes, maxLength: bytes }), { maxLength: 4 });
  const rest = fc.oneof(records, fc.array(fc.uint8Array({ maxLength: 120 }), { maxLength: 1 }));
  return rest.map((parts) => ({ dimensions, bytes, rest: Buffer.concat(parts) }));
});

test('whatever the file of vectors holds, it gives its whole records or nothing [properties.kept-files]', async () => {
  const [name = ''] = await namesOfVectorFiles();
  const magic = readFileSync(join(folder, name)).subarray(0, 16);
  await fc.assert(
    fc.asyncProperty(vectorFile, fc.boolean(), async ({ dimensions, bytes, rest }, isOurs) => {
      const header = Buffer.concat([magic, Buffer.from([dimensions, 0, 0, 0])]);
      writeFileSync(join(folder, name), isOurs ? Buffer.concat([header, rest]) : rest);
      const count = isOurs && rest.length % bytes === 0 ? rest.length / bytes : 0;
      const keys = Array.from({ length: count }, (_, index) => rest.toString('hex', index * bytes, index * bytes + 16));
      const vectors = await new VectorFile(folder, ['m']).read();
      expect([...vectors.keys()]).toEqual([...new Set(keys)]);
      for (const vector of vectors.values()) expect(vector).toHaveLength(dimensions);
    }),
    { numRuns: 400 },
  );
});

async function namesOfVectorFiles(): Promise<string[]> {
  await new VectorFile(folder, ['m']).write(new Map(), new AbortController().signal);
  return readdirSync(folder).filter((file) => file.endsWith('.bin'));
}
