/** What to do in the scenarios that need more than listing the tools and calling each one. */
const SCENARIOS = {
  tools_call: ({ call }) => call('add_numbers', { a: 5, b: 3 }),
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
  'json-schema-ref-no-deref': ({ list }) => list(),
};

/** `(session, context) => Promise` for a scenario of the suite. */
export function scenarioNamed(name) {
  return SCENARIOS[name] ?? callEach;
}

async function callEach({ call, list }) {
  for (const name of await list()) await call(name, name === 'valid_tool' ? { region: 'here' } : {});
}
