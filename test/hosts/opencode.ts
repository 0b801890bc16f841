import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import { waitUntil } from '../helpers/system/processes.ts';
import { chatCompletions } from './chat-completions.ts';
import type { Decision, Host, Question } from './host.ts';

const ADDRESS = /http:\/\/127\.0\.0\.1:\d+/;

/** OpenCode; with a person it is a server that is asked over HTTP, as its own terminal interface does. */
export const opencode: Host = {
  id: 'opencode',
  package: 'opencode-ai',
  program: 'opencode',
  introduction: { name: 'opencode', capabilities: { roots: {} } },
  showsArguments: false,
  dialect: chatCompletions,
  settings: { path: '.config/opencode/opencode.json', at: 'mcp', text: settingsWith },
  // Of the settings' folder it makes a package with its plugin API in it; it goes on when that fails.
  strays: ['registry.npmjs.org:443'],
  toolName: (server, tool) => `${server}_${tool}`,
  env: (modelAddress) => ({
    SCRIPTED_MODEL: `${modelAddress}/v1`,
    OPENCODE_DISABLE_MODELS_FETCH: '1',
    OPENCODE_DISABLE_AUTOUPDATE: '1',
    OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
    OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
  }),
  words: (prompt) => ['run', prompt],
  async attended(start, prompt, decide) {
    const process = start(['serve', '--port', '0'], { OPENCODE_PERMISSION: JSON.stringify({ gateway_invoke: 'ask' }) });
    const address = await waitUntil(() => ADDRESS.exec(process.said)?.[0], {
      timeoutMs: 30_000,
      what: 'OpenCode serves',
    });
    const questions = await conversation(address, prompt, decide);
    process.kill('SIGTERM');
    return { process, questions };
  },
};

/** A model behind an address of the environment, so that the file stays the same whatever its port. */
function settingsWith(servers: Readonly<Record<string, string[]>>): string {
  const model = { name: 'Model', attachment: true, modalities: { input: ['text', 'image'], output: ['text'] } };
  const scripted = {
    npm: '@ai-sdk/openai-compatible',
    name: 'Scripted',
    options: { baseURL: '{env:SCRIPTED_MODEL}', apiKey: 'not-a-key' },
    models: { model },
  };
  const entries = Object.entries(servers).map(([key, command]) => [key, { type: 'local', command, enabled: true }]);
  const settings = {
    $schema: 'https://opencode.ai/config.json',
    model: 'scripted/model',
    autoupdate: false,
    share: 'disabled',
  };
  return JSON.stringify({ ...settings, provider: { scripted }, mcp: Object.fromEntries(entries) }, undefined, 2);
}

/** One prompt in a session of its own; whatever is asked meanwhile is decided. */
async function conversation(address: string, prompt: string, decide: Decision): Promise<Question[]> {
  const questions: Question[] = [];
  const { id } = await request(`${address}/session`, {});
  const answer = request(`${address}/session/${id}/message`, { parts: [{ type: 'text', text: prompt }] });
  let ended = false;
  const end = () => {
    ended = true;
  };
  answer.then(end, end);
  await waitUntil(
    async () => {
      for (const asked of await pending(address)) {
        const about = String(asked.permission);
        const question: Question = { kind: 'permission', about, details: JSON.stringify(asked) };
        questions.push(question);
        await request(`${address}/permission/${asked.id}/reply`, {
          reply: decide(question, questions.length - 1) === 'allow' ? 'once' : 'reject',
        });
      }
      return ended;
    },
    { timeoutMs: 100_000, what: 'OpenCode has answered' },
  );
  await answer;
  return questions;
}

async function pending(address: string): Promise<JsonObject[]> {
  const asked: unknown = await (await fetch(`${address}/permission`)).json();
  return Array.isArray(asked) ? asked.filter(isJsonObject) : [];
}

async function request(url: string, body: JsonObject): Promise<JsonObject> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url}: ${response.status} ${text}`);
  const value: unknown = JSON.parse(text);
  return isJsonObject(value) ? value : {};
}
