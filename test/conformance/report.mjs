/** Longest shown text of a failed check, in characters. */
const MAX_TEXT = 200;

/** A table of one section: each scenario without and with the gateway, what failed unexpectedly, and the score. */
export function report(section, { scenarios, direct, gateway }, known) {
  const width = Math.max(...scenarios.map((scenario) => scenario.length));
  const row = (name, first, second) => `${name.padEnd(width)}  ${first.padEnd(6)}  ${second}`;
  const rows = scenarios.flatMap((scenario) => [
    row(scenario, mark(direct, scenario), mark(gateway, scenario, known)),
    ...details('direct', direct, scenario),
    ...(known.includes(scenario) ? [] : details('gateway', gateway, scenario)),
  ]);
  const score = `direct ${count(scenarios, direct)}, through the gateway ${count(scenarios, gateway)}`;
  return ['', row(section, 'direct', 'gateway'), ...rows, `${section}: ${score}`].join('\n');
}

/** What is wrong with an outcome, in sentences, given the scenarios that are known to fail through the gateway. */
export function compare(section, { scenarios, direct, gateway }, known) {
  const complaints = [
    ...scenarios.filter((each) => !passed(direct, each)).map((each) => `${each} fails without the gateway`),
    ...scenarios
      .filter((each) => !passed(gateway, each) && !known.includes(each))
      .map((each) => `${each} fails through the gateway and is not in the baseline`),
    ...known
      .filter((each) => passed(gateway, each))
      .map((each) => `${each} passes through the gateway: take it out of the baseline`),
    ...known.filter((each) => !scenarios.includes(each)).map((each) => `${each} is in the baseline and not required`),
  ];
  return complaints.map((complaint) => `${section}: ${complaint}`);
}

const passed = (results, scenario) => results.get(scenario)?.length === 0;
const count = (scenarios, results) =>
  `${scenarios.filter((each) => passed(results, each)).length} of ${scenarios.length}`;

function mark(results, scenario, known = []) {
  if (passed(results, scenario)) return 'pass';
  return known.includes(scenario) ? 'known to fail' : 'FAIL';
}

function details(side, results, scenario) {
  const failed = results.get(scenario) ?? ['it did not run'];
  return [...new Set(failed)].map((check) => `    ${side}: ${check.slice(0, MAX_TEXT)}`);
}
