// @ts-check
// Sums up a report of vitest's JSON reporter: `node summary.mjs <report> <exit status of vitest>`.
import { readFileSync } from 'node:fs';

const [path = '', status] = process.argv.slice(2);
const { passed, failed } = count(readFileSync(path, 'utf8'));
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

/** @param {string} report */
function count(report) {
  // Vitest that dies before its report has failed once.
  if (report === '') return { passed: 0, failed: 1 };
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(report);
  /** @type {{status: string, assertionResults: unknown[]}[]} */
  const files = testResults;
  const unloadable = files.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length;
  const failed = numFailedTests + unloadable;
  // An unhandled error or a failing teardown belongs to no test, yet fails the run.
  return { passed: numPassedTests, failed: failed === 0 && status !== '0' ? 1 : failed };
}
