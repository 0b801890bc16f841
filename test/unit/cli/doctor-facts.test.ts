import { expect, test } from 'vitest';
import { doctorReport } from '../../../src/cli/commands/doctor.ts';
import { inTurns } from '../../../src/cli/doctor/ask-servers.ts';
import { checkConfig } from '../../../src/cli/doctor/check-config.ts';
import { checkNoise } from '../../../src/cli/doctor/check-tools.ts';
import { type Finding, grouped } from '../../../src/cli/doctor/finding.ts';
import { emptyConfig } from '../../../src/config/load.ts';
import { clientFiles } from '../../helpers/command-line/client-home.ts';

const error = (place: string, cause: string, cure: string): Finding => {
  return { area: 'servers', level: 'error', place, cause, cure };
};

test('what is one fact of several servers is one line, counted once [doctor.grouped]', () => {
  const cure = 'install uv';
  const findings = [
    error('a', 'uvx is not on PATH', cure),
    error('b', 'needs login', 'mcp-gateway login b'),
    error('c', 'uvx is not on PATH', cure),
    error('d', 'needs login', 'mcp-gateway login d'),
    error('e', 'npx is not on PATH', cure),
    ...['x', 'y'].map((place): Finding => ({ area: 'servers', level: 'ok', place, cause: '1 tool' })),
  ];
  expect(grouped(findings).map(({ place, cause, cure }) => [place, cause, cure])).toEqual([
    ['a and c', 'uvx is not on PATH', cure],
    ['b and d', 'needs login', 'mcp-gateway login <name>'],
    ['e', 'npx is not on PATH', cure],
    ['x', '1 tool', undefined],
    ['y', '1 tool', undefined],
  ]);
  const diagnosis = { findings, servers: [], tokens: { direct: 0, gateway: 0, servers: {} } };
  expect(doctorReport(diagnosis, clientFiles({ empty: true }).terminal)).toMatch(/\n3 errors, 0 warnings\n$/);
  const many = Array.from({ length: 30 }, (_, at) => error(`s${at}`, 'gone', cure));
  expect(grouped(many)).toMatchObject([{ place: expect.stringContaining('s9 and 20 more') }]);
});

test('what a server prints on stdout is named once, with its first line [doctor.noise]', () => {
  const noise = (server: string, error: string) => ({ message: 'transport', server, error });
  const findings = checkNoise([
    noise('a', 'wrote to stdout what is not JSON: Server running…'),
    noise('a', 'wrote to stdout what is no JSON-RPC message: {"level":30}'),
    noise('b', 'the stream broke'),
    { message: 'tools/list', server: 'b', problem: 'x' },
  ]);
  expect(findings).toEqual([
    {
      ...{ area: 'servers', level: 'warning', place: 'a' },
      cause: 'it prints "Server running…" and 1 more such line where only JSON-RPC may stand (stdout)',
      cure: expect.stringContaining('stderr'),
    },
  ]);
});

test('what is wrong in the file of a project is cured there and confirmed [doctor.project]', () => {
  const path = '/p/.mcp-gateway.json';
  const message = `${path}: the configuration of this project has no effect until the user has read and confirmed it in a terminal: mcp-gateway allow ${path}`;
  const own = emptyConfig('/home/ada/config.json', [], {});
  const project = { path, status: 'unconfirmed', servers: ['a'] } as const;
  const problems = [
    { severity: 'warning', message } as const,
    { severity: 'error', server: 'a', message: `${path}: a.url: found a number, expected a string` } as const,
  ];
  const findings = checkConfig({ ...own, found: true, project, problems }, () => true);
  expect(findings.map(({ place, cause, cure }) => [place, cause, cure])).toEqual([
    [path, 'the configuration of this project has no effect', `read and confirm it: mcp-gateway allow ${path}`],
    [`${path}: a.url`, 'found a number', `expected a string; then mcp-gateway allow ${path}`],
  ]);
});

test('work is begun in turns, in order, and none is lost [doctor.turns]', async () => {
  let running = 0;
  let most = 0;
  const begun: number[] = [];
  const results = await inTurns(
    [...Array(20).keys()],
    async (item, before) => {
      expect(before).toHaveLength(item + 1);
      begun.push(item);
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      return item * 2;
    },
    3,
  );
  expect([most, begun, results.at(-1), results.length]).toEqual([3, [...Array(20).keys()], 38, 20]);
  await expect(inTurns([1, 2], () => Promise.reject(new Error('x')), 1)).rejects.toThrow('x');
});
