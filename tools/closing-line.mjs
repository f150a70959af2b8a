/** A reporter for jest: names what was skipped, and closes with the one line that scripts can read. */
export default class ClosingLine {
  #nothingRan = false;
  #namesAll;

  constructor({ testNamePattern }) {
    // With a pattern nearly all tests are left out, on purpose.
    this.#namesAll = !testNamePattern;
  }

  onRunComplete(_contexts, { numPassedTests, numFailedTests, numRuntimeErrorTestSuites, testResults }) {
    const skipped = testResults
      .flatMap((suite) => suite.testResults)
      .filter(({ status }) => status === 'pending' || status === 'todo');
    // A file that could not be loaded has no tests to count, and is a failure all the same.
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    this.#nothingRan = numPassedTests + failed === 0;
    if (this.#namesAll) for (const { fullName } of skipped) process.stdout.write(`skipped: ${fullName}\n`);
    // Jest's own summary comes after the last reporter.
    process.once('exit', () => process.stdout.write(`${numPassedTests} passed, ${failed} failed\n`));
  }

  getLastError() {
    return this.#nothingRan ? new Error('No test ran.') : undefined;
  }
}
