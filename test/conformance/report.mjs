/**
 * What is known to fail, by scenario: the reason, or the reason and the ids of the only checks that may.
 * @typedef {Record<string, string | { reason: string, checks: string[] }>} Known
 */

/** Longest shown text of a failed check, in characters. */
const MAX_TEXT = 200;

/**
 * A table of one section: each scenario at each side that was tested, what failed unexpectedly, and the score.
 * `direct` is missing where the gateway is what the suite reaches directly.
 */
export function report(section, { scenarios, direct, gateway }, known) {
  const width = Math.max(...scenarios.map((scenario) => scenario.length));
  const row = (name, ...marks) => [name.padEnd(width), ...marks.map((each) => each.padEnd(6))].join('  ').trimEnd();
  const sides = direct ? { direct, gateway } : { gateway };
  const rows = scenarios.flatMap((scenario) => [
    row(scenario, ...(direct ? [mark(direct, scenario, {})] : []), mark(gateway, scenario, known)),
    ...(direct ? details('direct', unexpected(direct, scenario, {})) : []),
    ...details('gateway', unexpected(gateway, scenario, known)),
  ]);
  const score = Object.entries(sides).map(([side, results]) => `${SAID[side]} ${count(scenarios, results)}`);
  return ['', row(section, ...Object.keys(sides)), ...rows, `${section}: ${score.join(', ')}`].join('\n');
}

const SAID = { direct: 'direct', gateway: 'through the gateway' };

/** What is wrong with an outcome, in sentences, given what is known to fail through the gateway. */
export function compare(section, { scenarios, direct, gateway }, known) {
  const names = Object.keys(known);
  const complaints = [
    ...(direct ? scenarios.filter((each) => !passed(direct, each)) : []).map(
      (each) => `${each} fails without the gateway`,
    ),
    ...scenarios
      .filter((each) => unexpected(gateway, each, known).length > 0)
      .map(
        (each) =>
          `${each} fails through the gateway ${each in known ? 'in other checks than' : 'and is not in'} the baseline`,
      ),
    ...names
      .filter((each) => passed(gateway, each))
      .map((each) => `${each} passes through the gateway: take it out of the baseline`),
    ...names.flatMap((each) =>
      passing(gateway, each, known).map((id) => `${each}: ${id} no longer fails: take it out of the baseline`),
    ),
    ...names.filter((each) => !scenarios.includes(each)).map((each) => `${each} is in the baseline and not required`),
  ];
  return complaints.map((complaint) => `${section}: ${complaint}`);
}

const passed = (results, scenario) => results.get(scenario)?.length === 0;
const count = (scenarios, results) =>
  `${scenarios.filter((each) => passed(results, each)).length} of ${scenarios.length}`;

/** Its failed checks that nobody knew of. */
function unexpected(results, scenario, known) {
  const failed = results.get(scenario) ?? ['it did not run'];
  if (!(scenario in known)) return failed;
  const { checks } = known[scenario];
  if (!results.has(scenario)) return failed;
  return checks ? failed.filter((check) => !checks.some((id) => check.startsWith(`${id}: `))) : [];
}

/** Ids of checks that are known to fail and do not, of a scenario that still fails. */
function passing(results, scenario, known) {
  const failed = results.get(scenario) ?? [];
  const { checks = [] } = known[scenario];
  return failed.length === 0 ? [] : checks.filter((id) => !failed.some((check) => check.startsWith(`${id}: `)));
}

function mark(results, scenario, known) {
  if (passed(results, scenario)) return 'pass';
  if (unexpected(results, scenario, known).length > 0) return 'FAIL';
  return `known to fail: ${known[scenario].reason ?? known[scenario]}`;
}

const details = (side, failed) => [...new Set(failed)].map((check) => `    ${side}: ${check.slice(0, MAX_TEXT)}`);
