/** What to do in the scenarios that need more than calling every tool that is listed. */
const SCENARIOS = {
  'sep-2322-client-request-state': async ({ call }) => {
    await Promise.all([call('test_mrtr_echo_state'), call('test_mrtr_unrelated')]);
    await call('test_mrtr_no_state');
    await call('test_mrtr_no_result_type');
  },
  'http-standard-headers': async (session) => {
    await callEach(session);
    const { resources } = await session.request('resources/list');
    if (resources[0]) await session.request('resources/read', { uri: resources[0].uri });
    const { prompts } = await session.request('prompts/list');
    if (prompts[0]) await session.request('prompts/get', { name: prompts[0].name });
  },
  'http-custom-headers': async ({ call, list }, { toolCalls }) => {
    await list();
    for (const { name, arguments: args } of toolCalls) await call(name, args);
  },
  // Its server lists a tool and has none to call.
  'json-schema-ref-no-deref': ({ list }) => list(),
};

/** `(session, context) => Promise` for a scenario of the suite. */
export function scenarioNamed(name) {
  return SCENARIOS[name] ?? callEach;
}

async function callEach({ call, list }) {
  for (const { name, inputSchema } of await list()) await call(name, argumentsFor(inputSchema));
}

const VALUES = { string: 'text', number: 1.5, integer: 1, boolean: true, object: {}, array: [], null: null };

function argumentsFor({ properties = {}, required = [] }) {
  return Object.fromEntries(required.map((name) => [name, VALUES[properties[name]?.type]]));
}
