import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commandLine } from '../helpers/command-line/command-line.ts';
import { BIN } from '../helpers/gateway/gateway-process.ts';
import { journal, local } from '../helpers/servers/fixture.ts';
import { expectDead } from '../helpers/system/processes.ts';

const ESCAPE = '\u001b';

test('a terminal shows tables in colour, cut to its width; NO_COLOR takes the colour away [people.list, people.json, people.colour, people.tables]', async () => {
  const description = 'A long description that goes on and on, and further on, until there is no room for it any more';
  const { terminal } = commandLine({
    fixture: local({ sdk: 'raw', tools: ['add'] }, { description }),
    broken: { command: ['no-such-one'] },
  });
  const coloured = terminal(['list', '--timeout', '30'], { columns: 70 });
  expect(await coloured.ended()).toBe(0);
  expect(coloured.shown).toContain(`${ESCAPE}[1mfixture${ESCAPE}[0m`);
  const plain = terminal(['list', '--timeout', '30'], { columns: 70, extra: { NO_COLOR: '1' } });
  expect(await plain.ended()).toBe(0);
  const table = plain.shown.slice(plain.shown.indexOf('SERVER'));
  expect(table).not.toContain(ESCAPE);
  expect(table).toMatch(
    /^SERVER +STATE +TOOLS +TOKENS\nfixture +(?:ready|idle) +1 +\d+ +A long description that .*…\nbroken +failing +0 +\? +command "no-such-one" was/,
  );
  for (const line of table.split('\n\n')[0]?.split('\n') ?? []) expect(line.length).toBeLessThanOrEqual(70);
  expect(table).toMatch(/1 tools? of 2 servers: \d+ tokens directly → \d+ now/);
  const json = terminal(['list', '--json'], { extra: { NO_COLOR: '1' } });
  expect(await json.ended()).toBe(0);
  expect(JSON.parse(json.shown.slice(json.shown.indexOf('{'))).servers).toHaveLength(2);
});

test('search and describe are for people at a terminal [people.search, people.describe, people.json]', async () => {
  const { terminal } = commandLine({ fixture: local({ sdk: 'raw', tools: ['add', 'structured'] }) });
  const found = terminal(['search', 'structured', 'weather', '--timeout', '30'], { extra: { NO_COLOR: '1' } });
  expect(await found.ended()).toBe(0);
  expect(found.shown).toContain(
    'fixture::structured  strong match  only reads\n  (city: string) → {city, celsius}\n  Returns structured content.\n',
  );
  const described = terminal(['describe', 'fixture::structured'], { extra: { NO_COLOR: '1' } });
  expect(await described.ended()).toBe(0);
  expect(described.shown).toContain('Gives back\n  city     string  required\n  celsius  number  required\n');
});

test('progress is a bar while the call runs, and gone when it has ended [people.progress, people.call]', async () => {
  const { terminal, run } = commandLine({ fixture: local({ sdk: 'raw', tools: ['progress'] }) });
  const shown = terminal(['call', 'fixture::progress', 'steps=4', 'ms=150']);
  await shown.until('25 %  1/4  step 1 of 4');
  await shown.until('100 %  4/4');
  await shown.until(`${ESCAPE}[Kdone after 4`);
  expect(await shown.ended()).toBe(0);
  const piped = await run(['call', 'fixture::progress', 'steps=2', 'ms=1']);
  expect([piped.stdout, piped.stderr]).toEqual(['done after 2', '']);
});

test('Ctrl-C cancels the call: the server is told, and nothing is left [people.cancel, people.nothing-left, people.exit-codes]', async () => {
  const seen = journal();
  const { terminal, survivors } = commandLine({
    fixture: local({ sdk: 'raw', journal: seen.file, ignoreSigterm: true }),
  });
  const progress = JSON.stringify([{ progress: 1 }]);
  const running = terminal(['call', 'fixture::silence', 'ms=60000', `progress:=${progress}`]);
  await running.until('1 done');
  running.type('\u0003');
  await running.until('mcp-gateway call: stopped by Ctrl-C');
  expect(await running.ended()).toBe(130);
  expect(JSON.stringify(seen.events())).toContain('"event":"cancelled"');
  await expectDead(survivors());
});

test('a form is asked field by field, checked, and sent on a yes [people.questions, people.untrusted]', async () => {
  const { terminal } = commandLine({ fixture: local({ tools: ['ask'] }) });
  const requestedSchema = {
    type: 'object',
    properties: {
      name: { type: 'string', description: 'As in a passport', minLength: 2 },
      age: { type: 'integer', minimum: 18 },
      colour: { type: 'string', enum: ['r', 'g'], enumNames: ['red', 'green'], default: 'g' },
      sizes: { type: 'array', items: { enum: ['s', 'm', 'l'] } },
      sure: { type: 'boolean' },
      note: { type: 'string' },
    },
    required: ['name', 'age'],
  };
  const form = { method: 'elicitation/create', params: { message: 'Who are you?\u001b[2J', requestedSchema } };
  const asked = terminal(['call', 'fixture::ask', `rounds:=${JSON.stringify([{ form }])}`], {
    extra: { NO_COLOR: '1' },
  });
  await asked.until('The server asks: Who are you?�[2J');
  (await asked.until('name (string; required; As in a passport): ')).type('\n');
  (await asked.until('expected an answer')).type('Ann\n');
  (await asked.until('age (integer; required): ')).type('seven\n');
  (await asked.until('expected a whole number')).type('42\n');
  await asked.until('1) red');
  (await asked.until('colour (one of these; default "g"): ')).type('1\n');
  (await asked.until('sizes (several of these, with commas): ')).type('s, 3\n');
  (await asked.until('sure (y or n): ')).type('y\n');
  (await asked.until('note (string): ')).type('\n');
  (await asked.until('Send this? [Y/n] ')).type('\n');
  const content = '"content":{"age":42,"colour":"r","name":"Ann","sizes":["s","l"],"sure":true}';
  await asked.until(`[{"form":{"action":"accept",${content}}}]`);
  expect(await asked.ended()).toBe(0);
});

test.each([
  ['n\n', 'decline'],
  ['\u0004', 'cancel'],
])('an address is shown, and %j to it is %s [people.questions]', async (typed, action) => {
  const { terminal } = commandLine({ fixture: local({ tools: ['ask'] }) });
  const params = { mode: 'url', message: 'Log in', url: 'https://example.com/login', elicitationId: 'e1' };
  const rounds = JSON.stringify([{ go: { method: 'elicitation/create', params } }]);
  const asked = terminal(['call', 'fixture::ask', `rounds:=${rounds}`]);
  await asked.until('https://example.com/login');
  (await asked.until('Go on? [Y/n] ')).type(typed);
  await asked.until(`"action":"${action}"`);
  expect(await asked.ended()).toBe(0);
});

test('Ctrl-C during a question ends the call [people.cancel, people.questions]', async () => {
  const { terminal, survivors } = commandLine({ fixture: local({ tools: ['ask'] }) });
  const params = { message: 'Agree?', requestedSchema: { type: 'object', properties: {} } };
  const rounds = JSON.stringify([{ form: { method: 'elicitation/create', params } }]);
  const asked = terminal(['call', 'fixture::ask', `rounds:=${rounds}`]);
  (await asked.until('Agree? [Y/n] ')).type('\u0003');
  expect(await asked.ended()).toBe(130);
  await expectDead(survivors());
});

test('what a tool says cannot steer the terminal, and goes to a pipe as it is [people.untrusted]', async () => {
  const { terminal, run } = commandLine({ fixture: local({ sdk: 'raw', tools: ['answer'] }) });
  const text = 'a\u001b]0;title\u0007b\u202ec\nd';
  const args = ['call', 'fixture::answer', `result:=${JSON.stringify({ content: [{ type: 'text', text }] })}`];
  const shown = terminal(args);
  await shown.until('a�]0;title�b�c');
  expect(await shown.ended()).toBe(0);
  expect((await run(args)).stdout).toBe(text);
});

test('bash completes by the printed script [people.completion]', async () => {
  const inputSchema = { type: 'object', properties: { city: { enum: ['New York', 'Rome'] } } };
  const definitions = [{ name: 'go', inputSchema }];
  const { home, env, run } = commandLine({
    fixture: local({ sdk: 'raw', tools: ['echo', 'env', 'add'], definitions }),
  });
  await run(['list', '--timeout', '30']);
  const bin = join(home, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'mcp-gateway'), `#!/bin/sh\nexec '${process.execPath}' '${BIN}' "$@"\n`, { mode: 0o755 });
  symlinkSync(process.execPath, join(bin, 'node'));
  const after = (line: string) => {
    const script = `source <(mcp-gateway completion bash); COMP_LINE=$1 COMP_POINT=\${#1}; _mcp_gateway; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const path = `${bin}:${process.env.PATH}`;
    const { stdout } = spawnSync('bash', ['--norc', '-c', script, 'bash', line], {
      cwd: home,
      env: { ...env, PATH: path },
      encoding: 'utf8',
    });
    return stdout.split('\n').filter(Boolean);
  };
  expect(after('mcp-gateway desc')).toEqual(['describe']);
  // What stands before the last colon or sign stays: readline takes it for a word of its own.
  expect(after('mcp-gateway call fix')).toEqual(['fixture::']);
  expect(after('mcp-gateway call fixture::e')).toEqual(['echo', 'env']);
  expect(after('mcp-gateway call fixture::env ')).toEqual(['name=']);
  expect(after('mcp-gateway call fixture::go city=')).toEqual(['New\\ York', 'Rome']);
});

test.each(['bash', 'zsh', 'fish'])('the script for %s asks the gateway itself [people.completion]', async (shell) => {
  const { run } = commandLine(undefined);
  const { stdout, code } = await run(['completion', shell]);
  expect([code, stdout.includes('mcp-gateway complete -- ')]).toEqual([0, true]);
  expect((await run(['completion', `${shell}x`])).code).toBe(2);
});
