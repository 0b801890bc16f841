import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type LabelledTool, readData } from '../../bench/data.ts';
import { original, ours, plainBm25 } from '../../bench/searchers.ts';

const folder = mkdtempSync(join(tmpdir(), 'labelled-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tool = (id: string, description: string): LabelledTool => {
  const [server = '', name = ''] = id.replace(/#.*/, '').split('::');
  return { id, server, name, description, inputSchema: { type: 'object' } };
};

test('all that is compared searches the same tools: of several of one name on a server, the first [bench.fits]', async () => {
  const listed = [tool('taxi::ride', 'Orders a ride.'), tool('bus::ride', 'Plans a ride.')];
  const later = tool('taxi::ride#2', 'Orders a ride with a limousine.');
  mkdirSync(join(folder, 'own'));
  const lines = [...listed, later].map((one) => JSON.stringify(one));
  writeFileSync(join(folder, 'own', 'tools.jsonl'), lines.join('\n'));
  writeFileSync(join(folder, 'own', 'queries.jsonl'), '');
  const [data] = readData(folder, ['own']);
  expect(data?.tools).toEqual(listed);
  for (const technique of [ours(), original, plainBm25]) {
    const search = await technique(data?.tools ?? []);
    const found = await search('a limousine ride');
    expect(new Set(found)).toEqual(new Set(listed.map(({ id }) => id)));
  }
});
